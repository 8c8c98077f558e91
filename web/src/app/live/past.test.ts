import { describe, expect, it } from 'vitest';
import { CELL_COLUMNS, type History } from '../contract.ts';
import { cellsOf } from '../strip/cell.ts';
import { emptyPast, knownPart, LIVE_SPAN_SECONDS, withHistory, withSecond } from './past.ts';

const AT = 1_800_000_000;
const cell = (first: number) => CELL_COLUMNS.map((column) => (column === 'first' ? first : 2));
const firstOf = (past: History, name: string, index: number) => cellsOf(past, name).at(index)?.[1];

describe('withSecond()', () => {
  it('puts the newest second at the right end', () => {
    const past = withSecond(emptyPast(AT), { at: AT + 1, cells: { eth0: cell(7) } });
    expect(past).toMatchObject({ from: AT + 1 - LIVE_SPAN_SECONDS, to: AT + 1 });
    expect(cellsOf(past, 'eth0')).toHaveLength(LIVE_SPAN_SECONDS);
    expect(firstOf(past, 'eth0', -1)).toBe(7);
  });

  it('leaves seconds unknown that never came', () => {
    const one = withSecond(emptyPast(AT), { at: AT + 1, cells: { eth0: cell(1) } });
    const past = withSecond(one, { at: AT + 4, cells: { eth0: cell(4) } });
    expect([-1, -2, -3, -4].map((index) => firstOf(past, 'eth0', index))).toEqual([
      4,
      undefined,
      undefined,
      1,
    ]);
  });

  it('replaces a second that is known already', () => {
    const one = withSecond(emptyPast(AT), { at: AT, cells: { eth0: cell(1) } });
    expect(firstOf(withSecond(one, { at: AT, cells: { eth0: cell(2) } }), 'eth0', -1)).toBe(2);
  });

  it('forgets what is older than the span, and links that then have nothing', () => {
    const one = withSecond(emptyPast(AT), { at: AT, cells: { gone: cell(1) } });
    const past = withSecond(one, { at: AT + LIVE_SPAN_SECONDS, cells: { eth0: cell(2) } });
    expect(past.tracks.map(({ name }) => name)).toEqual(['eth0']);
  });

  it('starts anew after a break longer than the span', () => {
    const one = withSecond(emptyPast(AT), { at: AT, cells: { eth0: cell(1) } });
    const past = withSecond(one, { at: AT + 5000, cells: { eth0: cell(2) } });
    expect(cellsOf(past, 'eth0').filter((known) => known)).toEqual([cell(2)]);
  });
});

describe('withHistory()', () => {
  const history = (to: number, firsts: number[]): History => ({
    stepSeconds: 1,
    from: to - firsts.length,
    to,
    tracks: [{ name: 'eth0', cells: firsts.map(cell) }],
  });

  it('fills what the stream missed', () => {
    const live = withSecond(emptyPast(AT), { at: AT + 3, cells: { eth0: cell(3) } });
    const past = withHistory(live, history(AT + 3, [1, 2, 3]));
    expect([-3, -2, -1].map((index) => firstOf(past, 'eth0', index))).toEqual([1, 2, 3]);
    expect(cellsOf(past, 'eth0')).toHaveLength(LIVE_SPAN_SECONDS);
  });

  it('keeps the seconds that came while it was on its way', () => {
    const live = withSecond(emptyPast(AT), { at: AT + 5, cells: { eth0: cell(5) } });
    const past = withHistory(live, history(AT + 3, [1, 2, 3]));
    expect(past.to).toBe(AT + 5);
    expect([-5, -4, -3, -2, -1].map((index) => firstOf(past, 'eth0', index))).toEqual([
      1,
      2,
      3,
      undefined,
      5,
    ]);
  });
});

describe('knownPart()', () => {
  it.each([
    [1, 60],
    [60, 60],
    [61, 120],
    [301, 900],
    [900, 900],
  ])('of %d s known shows %d s', (known, span) => {
    const first = withSecond(emptyPast(AT), { at: AT - known + 1, cells: { eth0: cell(1) } });
    const part = knownPart(withSecond(first, { at: AT, cells: { eth0: cell(2) } }));
    expect([part.to, part.to - part.from, cellsOf(part, 'eth0').length]).toEqual([AT, span, span]);
    expect(firstOf(part, 'eth0', -1)).toBe(2);
  });

  it('is short while nothing is known', () => {
    expect(knownPart(emptyPast(AT))).toMatchObject({ from: AT - 60, to: AT, tracks: [] });
  });
});
