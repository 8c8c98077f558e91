import { describe, expect, test } from 'vitest';
import {
  Counters,
  LATENESS_BUCKETS,
  P,
  PATH_COLUMNS,
  PATTERNS,
  R,
  RELAY_COLUMNS,
  S,
  SESSION_COLUMNS,
} from './counters.ts';

const PATHS = 5;
const SESSIONS = 3;
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('Counters', () => {
  test('keeps every column of every path, of every session and of the relay apart', () => {
    const counters = Counters.forPaths(PATHS, SESSIONS);
    const places = [
      ...RELAY_COLUMNS.map((column) => R[column]),
      ...range(PATHS).flatMap((path) => [
        ...PATH_COLUMNS.map((column) => counters.pathBlock(path) + P[column]),
        ...range(LATENESS_BUCKETS).map((bucket) => counters.latenessBlock(path) + bucket),
      ]),
      ...range(SESSIONS).flatMap((session) => [
        ...SESSION_COLUMNS.map((column) => counters.sessionBlock(session) + S[column]),
        ...range(PATTERNS).map((pattern) => counters.patternBlock(session) + pattern),
      ]),
    ];
    expect(new Set(places).size).toBe(places.length);
    expect(Math.max(...places)).toBeLessThan(counters.values.length);
  });

  test('is seen by whoever has the same memory', () => {
    const written = Counters.forPaths(PATHS);
    const read = new Counters(written.shape, written.shared);
    written.values[R.noPath] = 3;
    written.values[written.pathBlock(4) + P.inBytes] = 2 ** 53;
    expect(read.relay('noPath')).toBe(3);
    expect(read.path(4, 'inBytes')).toBe(2 ** 53);
  });

  test('zeroes one session and nothing else', () => {
    const counters = Counters.forPaths(PATHS, SESSIONS);
    counters.values.fill(7);
    counters.clearSession(1);
    for (const column of SESSION_COLUMNS) {
      expect(range(SESSIONS).map((session) => counters.session(session, column))).toEqual([7, 0, 7]);
    }
    expect(counters.values[counters.patternBlock(2)]).toBe(7);
    for (const column of PATH_COLUMNS) expect(counters.path(PATHS - 1, column)).toBe(7);
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

describe('Counters of several packet loops', () => {
  const shape = { paths: PATHS, sessions: SESSIONS, loops: 3 };
  const all = new Counters(shape);
  const loops = range(3).map((loop) => new Counters(shape, all.shared, loop));

  test('keep their relay blocks apart, share the others, and are read as one', () => {
    for (const [i, { values }] of loops.entries()) values[R.noPath] = 10 ** i;
    for (const [i, { values }] of loops.entries()) values[R.lastWireguardInMs] = i;
    expect(all.relay('noPath')).toBe(111);
    expect(all.relay('lastWireguardInMs')).toBe(2);
    expect(range(3).map((loop) => all.loop(loop, 'noPath'))).toEqual([1, 10, 100]);
    const [, , last] = loops;
    last!.values[last!.pathBlock(PATHS - 1) + P.late] = 7;
    last!.values[last!.sessionBlock(SESSIONS - 1) + S.lost] = 8;
    last!.values[last!.patternBlock(SESSIONS - 1) + PATTERNS - 1] = 9;
    for (const one of [all, ...loops]) {
      expect(one.path(PATHS - 1, 'late')).toBe(7);
      expect(one.session(SESSIONS - 1, 'lost')).toBe(8);
      expect(one.values[one.patternBlock(SESSIONS - 1) + PATTERNS - 1]).toBe(9);
    }
  });
});
