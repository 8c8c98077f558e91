import { expect, test } from 'vitest';
import { nowMs } from '../net/index.ts';
import { Clock } from './clock.ts';

/** performance.now() counts in steps of this size at most. */
const STEP_MS = 0.001;

test('tells the time of net/clock.ts, and keeps pace with it', () => {
  const clock = new Clock();
  const outerStart = nowMs();
  clock.look();
  const innerStart = nowMs();
  const start = clock.nowMs;
  expect(Math.abs(start - outerStart)).toBeLessThan(1000);
  while (nowMs() < innerStart + 20);
  const innerEnd = nowMs();
  expect(clock.nowMs, 'without a look').toBe(start);
  clock.look();
  const outerEnd = nowMs();
  expect(clock.nowMs - start).toBeGreaterThan(innerEnd - innerStart - STEP_MS);
  expect(clock.nowMs - start).toBeLessThan(outerEnd - outerStart + STEP_MS);
});
