/**
 * The time, for a thread that asks thousands of times a second: as nowMs() of net/clock.ts, whose every answer would be
 * an object to collect. `process.hrtime()` fills numbers into an array that compiled code never makes; it counts
 * CLOCK_MONOTONIC, as performance.now() does.
 */
import { hrtime } from 'node:process';
import { nowMs } from '../net/index.ts';

export class Clock {
  readonly #originMs = nowMs() - monotonicMs();

  /** Unix milliseconds that never jump. */
  nowMs(): number {
    return this.#originMs + monotonicMs();
  }
}

function monotonicMs(): number {
  const time = hrtime();
  return time[0] * 1000 + time[1] / 1e6;
}
