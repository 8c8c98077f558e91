/**
 * Links that go down and come back at random, from a seed, in every way that faults.ts knows to stop one.
 * At every moment at least one path is up, and it has been for `overlapMs` when another one goes.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from './faults.ts';

const overlapMs = 300;
const shortestPauseMs = 50;
const longestPauseMs = 600;

/** What is done to a path, and how it is undone. */
const kinds: readonly [stop: keyof Stops, resume: keyof Stops, side?: 'server'][] = [
  ['cut', 'restore'],
  ['cut', 'restore', 'server'],
  ['removeAddress', 'restoreAddress'],
  ['blackhole', 'clear'],
];
type Stops = Pick<Faults, 'cut' | 'restore' | 'removeAddress' | 'restoreAddress' | 'blackhole' | 'clear'>;

export interface FlapOptions {
  readonly faults: Faults;
  readonly paths: readonly number[];
  readonly seed: number;
  readonly durationMs: number;
}

/** Flaps for so long, then brings every path back. Gives the number of times that a path was stopped. */
export async function flap({ faults, paths, seed, durationMs }: FlapOptions): Promise<number> {
  const random = mulberry32(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const upSinceMs = new Map(paths.map((path) => [path, performance.now()]));
  const resumes = new Map<number, () => Promise<void>>();
  let stops = 0;

  async function resume(path: number): Promise<void> {
    await resumes.get(path)?.();
    resumes.delete(path);
    upSinceMs.set(path, performance.now());
  }

  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    await sleep(shortestPauseMs + random() * (longestPauseMs - shortestPauseMs));
    const path = pick(paths);
    if (resumes.has(path)) {
      await resume(path);
      continue;
    }
    const longEnough = performance.now() - overlapMs;
    const isBackedUp = [...upSinceMs].some(([other, since]) => other !== path && since <= longEnough);
    if (!isBackedUp) continue;
    const [stopName, resumeName, side] = pick(kinds);
    upSinceMs.delete(path);
    resumes.set(path, () => faults[resumeName](path, side));
    await faults[stopName](path, side);
    stops += 1;
  }
  for (const path of [...resumes.keys()]) await resume(path);
  return stops;
}

/** A small random generator with a 32-bit seed, from 0 to below 1 (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
