import { describe, expect, test } from 'vitest';
import { Counters, P, PATH_COLUMNS, R, RELAY_COLUMNS } from './counters.ts';

const PATHS = 5;

describe('Counters', () => {
  test('keeps every column of every path and of the relay apart', () => {
    const counters = Counters.forPaths(PATHS);
    const places = [
      ...RELAY_COLUMNS.map((column) => R[column]),
      ...Array.from({ length: PATHS }, (_, path) =>
        PATH_COLUMNS.map((column) => counters.pathBlock(path) + P[column]),
      ).flat(),
    ];
    expect(new Set(places).size).toBe(places.length);
    expect(Math.max(...places)).toBeLessThan(counters.values.length);
  });

  test('is seen by whoever has the same memory', () => {
    const written = Counters.forPaths(PATHS);
    const read = new Counters(written.shared);
    written.values[R.wakeups] = 3;
    written.values[written.pathBlock(4) + P.inBytes] = 2 ** 53;
    expect(read.relay('wakeups')).toBe(3);
    expect(read.path(4, 'inBytes')).toBe(2 ** 53);
  });

  test('starts at zero', () => {
    expect(Counters.forPaths(PATHS).values.every((value) => value === 0)).toBe(true);
  });

  test('zeroes one path and nothing else', () => {
    const counters = Counters.forPaths(PATHS);
    counters.values.fill(7);
    counters.clearPath(2);
    for (const column of PATH_COLUMNS) {
      expect([0, 1, 2, 3, 4].map((path) => counters.path(path, column))).toEqual([7, 7, 0, 7, 7]);
    }
    for (const column of RELAY_COLUMNS) expect(counters.relay(column)).toBe(7);
  });
});
