import { describe, expect, test } from 'vitest';
import type { Session } from '../contract.ts';
import { formatAmount, formatFineShare } from './amounts.ts';
import { choicesOf, countedLinks, inOrder, keyOf, packetsJudged } from './choices.ts';

/** As much of a session as choices are made of. */
function session(states: Record<string, string>, rows: [string, number][]): Session {
  return {
    paths: Object.entries(states).map(([name, state], index) => ({
      name,
      state,
      windows: { start: { bytesIn: 1000 * (index + 1), bytesOut: 1 } },
    })),
    tunnel: { windows: { start: { packets: 990, lost: 10 } } },
    whatIf: rows.map(([names, lost]) => ({ paths: names.split(' '), lost, lossShare: lost / 1000 })),
  } as unknown as Session;
}

const four = { a: 'up', b: 'up', c: 'up', d: 'excluded' };
const rows: [string, number][] = [
  ['a', 50],
  ['b', 40],
  ['a b', 20],
  ['a b c', 12],
  ['b c d', 13],
  ['a b c d', 10],
];

describe('choicesOf()', () => {
  test('adds up what the links of a choice carried both ways', () => {
    const found = choicesOf(session(four, rows)).map(({ key, bytes }) => [key, bytes]);
    expect(found).toContainEqual([keyOf(['a', 'b']), 3002]);
  });

  test('marks the links that are not excluded as the present choice, and no other', () => {
    const present = choicesOf(session(four, rows)).filter(({ isPresent }) => isPresent);
    expect(present.map(({ paths }) => paths)).toEqual([['a', 'b', 'c']]);
  });

  test('counts all, all but one and single ones as common', () => {
    const rare = choicesOf(session(four, rows)).filter(({ isCommon }) => !isCommon);
    expect(rare.map(({ paths }) => paths)).toEqual([['a', 'b']]);
  });
});

test('countedLinks() are in the order of the links, with those that are gone at the end', () => {
  const rows: [string, number][] = [
    ['gone', 5],
    ['c', 4],
    ['a', 3],
  ];
  expect(countedLinks(session({ a: 'up', b: 'up', c: 'up' }, rows))).toEqual(['a', 'c', 'gone']);
});

describe('inOrder()', () => {
  const choices = choicesOf(session(four, rows));

  test('sorts by loss both ways', () => {
    expect(inOrder(choices, 'lost', false).map(({ lost }) => lost)).toEqual([10, 12, 13, 20, 40, 50]);
    expect(inOrder(choices, 'lost', true)[0]?.lost).toBe(50);
  });

  test('puts the smaller loss first among choices of as many links', () => {
    expect(inOrder(choices, 'links', false).map(({ lost }) => lost)).toEqual([40, 50, 20, 12, 13, 10]);
  });
});

test('keyOf() is the same whatever the order', () => {
  expect(keyOf(['b', 'a'])).toBe(keyOf(new Set(['a', 'b'])));
});

test('packetsJudged() counts the lost ones too', () => {
  expect(packetsJudged(session(four, rows))).toBe(1000);
});

test.each([
  [12, '12'],
  [999_999, '999,999'],
  [1_234_567, '1.2 million'],
])('formatAmount(%d) is %s', (count, text) => expect(formatAmount(count)).toBe(text));

test.each([
  [0, '0 %'],
  [0.00001, '0.0010 %'],
  [1e-9, '<0.00001 %'],
  [0.02, '2.0 %'],
  [0.034, '3.4 %'],
  [0.99999, '99.9 %'],
  [1, '100 %'],
])('formatFineShare(%d) is %s', (share, text) =>
  expect(formatFineShare(share).replace('\u00a0', ' ')).toBe(text),
);
