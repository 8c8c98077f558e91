import { describe, expect, it } from 'vitest';
import { cutLink, cutTimeMs, fadingLink, STEP_MS } from './schedule.ts';

/** The satellite's delay with its jitter: what is under way when a link is cut. */
const MOST_UNDER_WAY_MS = 300;

describe('fadingLink()', () => {
  it('has calm between one link and the next', () => {
    let before = -1;
    for (let step = 0; step < 100; step++) {
      const fading = fadingLink(step, 3);
      if (before >= 0 && fading >= 0) expect(fading).toBe(before);
      before = fading;
    }
    expect(new Set(Array.from({ length: 100 }, (_, step) => fadingLink(step, 3)))).toEqual(
      new Set([0, 1, 2, -1]),
    );
  });
});

describe('cutLink()', () => {
  it('gives each link its turn within the run', () => {
    for (const runMs of [4_200, 6_000, 10_000, 14_000]) {
      const cutMs = cutTimeMs(runMs, 3);
      const cut = new Set<number>();
      for (let elapsedMs = 0; elapsedMs < runMs; elapsedMs += STEP_MS) cut.add(cutLink(elapsedMs, cutMs, 3));
      expect(cut).toEqual(new Set([-1, 0, 1, 2]));
    }
  });

  it('restores a link long before the next is cut, in runs of any length', () => {
    for (const runMs of [1, 1_000, 10_000, 3_600_000]) {
      const cutMs = cutTimeMs(runMs, 3);
      expect(cutMs).toBeGreaterThan(MOST_UNDER_WAY_MS + STEP_MS);
      expect(cutLink(0, cutMs, 3)).toBe(-1);
      expect(cutLink(cutMs * 1.5, cutMs, 3)).toBe(0);
      expect(cutLink(cutMs * 2.5, cutMs, 3)).toBe(-1);
      expect(cutLink(cutMs * 3.5, cutMs, 3)).toBe(1);
    }
  });
});
