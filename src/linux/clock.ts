/**
 * The time, for a thread that asks thousands of times a second: as nowMs() of net/clock.ts, whose every answer would be
 * an object to collect. Source: clock_gettime(2), CLOCK_MONOTONIC, which is what performance.now() counts.
 */
import { nowMs } from '../net/index.ts';
import { clockGettime } from './ffi.ts';
import { Region } from './memory.ts';

const CLOCK_MONOTONIC = 1;
/** struct timespec { time_t seconds; long nanoseconds; }, 8 bytes each, in words. */
const NANOSECONDS = 2;

export class Clock {
  readonly #time = new Region(16);
  readonly #originMs: number;

  constructor() {
    this.#originMs = nowMs() - this.#monotonicMs();
  }

  /** Unix milliseconds that never jump. */
  nowMs(): number {
    return this.#originMs + this.#monotonicMs();
  }

  #monotonicMs(): number {
    clockGettime(CLOCK_MONOTONIC, this.#time.pointer);
    const { words } = this.#time;
    return words[0]! * 1000 + words[NANOSECONDS]! / 1e6;
  }
}
