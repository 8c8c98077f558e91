/**
 * The time, for a thread that looks thousands of times a second and must leave nothing to collect. nowMs() of
 * net/clock.ts makes an object of every answer; so does any function that returns a time, hrtime() of Node included,
 * wherever V8 does not inline it. Here the kernel writes into memory that is there, and the answer is a field.
 * Source: clock_gettime(2), struct timespec of 64-bit systems.
 */
import { nowMs } from '../net/index.ts';
import { clockGettime } from './ffi.ts';
import { Region } from './memory.ts';

/** What performance.now() counts, too. */
const CLOCK_MONOTONIC = 1;
/** struct timespec { i64 seconds; i64 nanoseconds; }, whose lower halves hold all there is for 136 years. */
const TIMESPEC_BYTES = 16;
const SECONDS = 0;
const NANOSECONDS = 2;

export class Clock {
  /** When `look` was last called, in Unix milliseconds that never jump. */
  nowMs = 0;
  #originMs = 0;
  readonly #timespec = new Region(TIMESPEC_BYTES);

  constructor() {
    this.look();
    this.#originMs = nowMs() - this.nowMs;
    this.look();
  }

  look(): void {
    const { words, pointer } = this.#timespec;
    clockGettime(CLOCK_MONOTONIC, pointer);
    this.nowMs = this.#originMs + words[SECONDS]! * 1000 + words[NANOSECONDS]! / 1e6;
  }
}
