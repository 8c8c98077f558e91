import { describe, expect, test } from 'vitest';
import { CELL_COLUMNS, CELL_STATES, type CellState, type History, TUNNEL_TRACK } from '../contract.ts';
import {
  knownSince,
  mediansOf,
  p95sOf,
  ratesIn,
  ratesOut,
  shownSpan,
  stretchesOf,
  timesOf,
} from './curves.ts';

function cell(
  state: CellState,
  values: Partial<Record<(typeof CELL_COLUMNS)[number], number>> = {},
): number[] {
  return CELL_COLUMNS.map((name) => (name === 'state' ? CELL_STATES.indexOf(state) : (values[name] ?? 0)));
}

const history: History = {
  stepSeconds: 10,
  from: 1000,
  to: 1040,
  tracks: [
    {
      name: TUNNEL_TRACK,
      cells: [
        null,
        cell('first', { first: 5, bytesIn: 1000, bytesOut: 250 }),
        cell('idle'),
        cell('lossy', { first: 3, lost: 2, bytesIn: 10 }),
      ],
    },
    {
      name: 'lte',
      cells: [
        null,
        cell('late', { late: 5, latenessMedianMs: 18, latenessP95Ms: 40 }),
        cell('idle'),
        cell('silent', { lost: 5 }),
      ],
    },
  ],
};

test('timesOf() are the middles of the cells', () => {
  expect(timesOf(history)).toEqual([1005, 1015, 1025, 1035]);
});

test('rates are bits per second over a cell, nothing where nothing is known, zero when idle, nothing of the newest cell', () => {
  expect(ratesIn(history)).toEqual([null, 800, 0, null]);
  expect(ratesOut(history)).toEqual([null, 200, 0, null]);
});

test('lateness is only where copies came', () => {
  expect(mediansOf(history, 'lte')).toEqual([null, 18, null, null]);
  expect(p95sOf(history, 'lte')).toEqual([null, 40, null, null]);
});

test('lateness of a link without a track is empty', () => {
  expect(mediansOf(history, 'dsl')).toEqual([]);
});

describe('stretchesOf()', () => {
  test('takes cells together, newest first', () => {
    const stretches = stretchesOf(history, 2);
    expect(stretches.map(({ from, to }) => [from, to])).toEqual([
      [1020, 1040],
      [1000, 1020],
    ]);
    expect(stretches[0]?.sums).toMatchObject([
      { first: 3, lost: 2 },
      { late: 0, lost: 5 },
    ]);
  });

  test('leaves out what nothing is known of', () => {
    expect(stretchesOf(history, 4)).toHaveLength(3);
  });
});

test('knownSince() is where the oldest known cell begins', () => {
  expect(knownSince(history)).toBe(1010);
  expect(knownSince({ ...history, tracks: [{ name: 'lte', cells: [null, cell('none')] }] })).toBeUndefined();
});

test.each([
  [86_400, undefined, 86_400],
  [86_400, 30, 3600],
  [86_400, 3601, 7200],
  [86_400, 43_201, 86_400],
  [3600, 50_000, 3600],
])('shownSpan() of %d s of which %s s are known is %d s', (range, knownSeconds, span) =>
  expect(shownSpan(range, knownSeconds)).toBe(span),
);
