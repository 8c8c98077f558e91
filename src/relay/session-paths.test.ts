import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SessionPaths } from './session-paths.ts';

const MOST = 4;

describe('SessionPaths', () => {
  test('lets each path go first in turn, and all go every time', () => {
    const paths = withPaths([10, 20, 30]);
    const orders = Array.from({ length: 4 }, () => orderOf(paths));
    expect(orders).toEqual([
      [10, 20, 30],
      [20, 30, 10],
      [30, 10, 20],
      [10, 20, 30],
    ]);
  });

  test('refuses more paths than a session may have, and takes one again after another went', () => {
    const paths = withPaths([1, 2, 3, 4]);
    expect(paths.add(0, 5)).toBe(false);
    expect(paths.count(0)).toBe(MOST);
    paths.remove(0, 2);
    expect(paths.add(0, 5)).toBe(true);
    expect(orderOf(paths).sort()).toEqual([1, 3, 4, 5]);
  });

  test('has nothing to send to without paths', () => {
    expect(new SessionPaths(1, 1, MOST).rotate(0)).toBe(0);
  });

  test('holds what was added and not removed, per session, whatever the order', () => {
    const step = fc.record({
      session: fc.integer({ min: 0, max: 2 }),
      path: fc.integer({ min: 0, max: 9 }),
      isAdd: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const paths = new SessionPaths(3, 30, MOST);
        const model = [new Set<number>(), new Set<number>(), new Set<number>()];
        for (const { session, path: number, isAdd } of steps) {
          const path = session * 10 + number; // a path belongs to one session at a time
          const members = model[session]!;
          if (isAdd && !members.has(path)) {
            expect(paths.add(session, path)).toBe(members.size < MOST);
            if (members.size < MOST) members.add(path);
          } else if (!isAdd) {
            paths.remove(session, path);
            members.delete(path);
          }
          model.forEach((wanted, of) => {
            expect(new Set(orderOf(paths, of))).toEqual(wanted);
            expect(paths.count(of)).toBe(wanted.size);
          });
        }
      }),
    );
  });
});

function withPaths(numbers: readonly number[]): SessionPaths {
  const paths = new SessionPaths(1, 40, MOST);
  for (const number of numbers) expect(paths.add(0, number)).toBe(true);
  return paths;
}

function orderOf(paths: SessionPaths, session = 0): number[] {
  return [...paths.targets.subarray(0, paths.rotate(session))];
}
