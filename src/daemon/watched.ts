/**
 * How often control looks which links fell silent: often while somebody has a page open, who shall see a link's fall
 * at once; else once a second, with all else that happens then.
 */
import { nowMs } from '../net/index.ts';

/** Open pages ask every second. */
const WATCHED_MS = 3_000;

export class Watched {
  readonly #look: () => void;
  readonly #everyMs: number;
  #askedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param everyMs how often to look while somebody watches */
  constructor(look: () => void, everyMs: number) {
    this.#look = look;
    this.#everyMs = everyMs;
  }

  /** Somebody wanted to know what pages show. */
  asked(): void {
    this.#askedMs = nowMs();
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(this.#look, this.#everyMs);
    this.#timer.unref();
  }

  /** To be called every second: looks, unless that is done more often anyway. */
  second(): void {
    if (nowMs() - this.#askedMs > WATCHED_MS) this.stop();
    if (this.#timer === undefined) this.#look();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
