import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardPaths, kindNames, kinds, lanesOf, pathAtRisk } from './kinds.ts';
import { clash, makeSchedule, occupied, overlap, type Step, settleMs, unreliable } from './schedule.ts';

const anySeed = fc.integer({ min: 0, max: 0xffffffff });
const anyMinute = fc.integer({ min: 5_000, max: 60_000 });

const property = (check: (steps: Step[], durationMs: number) => void) =>
  fc.assert(
    fc.property(anySeed, anyMinute, (seed, durationMs) =>
      check(makeSchedule({ seed, durationMs }), durationMs),
    ),
    { numRuns: 25 },
  );

describe('makeSchedule()', () => {
  test('leaves a path that works, and has worked for the settling time, at every instant', () => {
    property((steps, durationMs) => {
      const spans = steps.flatMap(({ kind, target, atMs, lastsMs }) => {
        const path = guardPaths.find((number) => String(number) === target);
        if (path === undefined || kinds[kind].harm === 'none') return [];
        const endMs = atMs + lastsMs;
        const moments =
          kinds[kind].harm === 'all'
            ? [[atMs, endMs]]
            : [
                [atMs, atMs],
                [endMs, endMs],
              ];
        return moments.map(([from, to]) => ({ path, from: from!, to: to! + settleMs }));
      });
      // The set of paths that are down grows only where a span begins.
      for (const { from } of spans) {
        const down = spans.filter((span) => span.from <= from && from < span.to).map(({ path }) => path);
        expect(new Set(down).size, `paths down at ${from} of ${durationMs}`).toBeLessThan(guardPaths.length);
      }
    });
  });

  test('puts no two steps on one lane, and opens nothing while descriptors are short', () => {
    property((steps) => {
      for (const [index, one] of steps.entries()) {
        for (const other of steps.slice(index + 1)) {
          if (!overlap(occupied(one), occupied(other))) continue;
          const lanes = lanesOf(other.kind, other.target);
          expect(lanesOf(one.kind, one.target).filter((lane) => lanes.includes(lane))).toEqual([]);
          expect(clash(one, other)).toBe(false);
        }
      }
    });
  });

  test('is over before the end, in order, with durations and targets of the catalogue', () => {
    property((steps, durationMs) => {
      expect(steps.map(({ atMs }) => atMs)).toEqual(steps.map(({ atMs }) => atMs).sort((a, b) => a - b));
      for (const step of steps) {
        const [shortest, longest] = kinds[step.kind].lastsMs;
        expect(step.lastsMs).toBeGreaterThanOrEqual(shortest);
        expect(step.lastsMs).toBeLessThanOrEqual(longest);
        expect(kinds[step.kind].targets).toContain(step.target);
        expect(occupied(step).toMs).toBeLessThan(durationMs);
      }
    });
  });

  test('gives the same steps for the same seed, and others for another', () => {
    const make = (seed: number) => makeSchedule({ seed, durationMs: 60_000 });
    expect(make(7)).toEqual(make(7));
    expect(make(7)).not.toEqual(make(8));
  });

  // By chance, not by construction: one seed in fifty lacks a kind. So the seeds are those that are run.
  test.each([1, 2, 3])('has every kind within five minutes, and all guard paths at risk, seed %i', (seed) => {
    const steps = makeSchedule({ seed, durationMs: 300_000 });
    expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(kindNames));
    const atRisk = new Set(steps.map(({ kind, target }) => pathAtRisk(kind, target)));
    for (const path of guardPaths) expect(atRisk).toContain(path);
    expect(steps.flatMap(unreliable).length).toBeGreaterThan(60);
  });

  test('keeps to the kinds it is given', () => {
    const steps = makeSchedule({ seed: 1, durationMs: 30_000, only: ['loss', 'kill -9'] });
    expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(['loss', 'kill -9']));
  });
});
