/** Keeps a flood of events from becoming a flood of lines: so many a second, then their number. */
import { nowMs } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';

const LINES_PER_SECOND = 20;

export class LogBudget {
  readonly #log: Log;
  readonly #now: () => number;
  #since = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #withheld = 0;

  constructor(log: Log, now = nowMs) {
    this.#log = log;
    this.#now = now;
  }

  /** Writes the line, unless this second's are used up. */
  spend(write: () => void): void {
    const now = this.#now();
    if (now - this.#since >= 1000) {
      if (this.#withheld > 0)
        this.#log.info({ count: this.#withheld }, `${this.#withheld} lines like these left out`);
      this.#since = now;
      this.#lines = 0;
      this.#withheld = 0;
    }
    if (this.#lines < LINES_PER_SECOND) write();
    else this.#withheld++;
    this.#lines++;
  }
}
