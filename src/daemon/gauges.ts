/**
 * All sessions' figures, brought up to date every second for windows and history to be right. What else happens every
 * second happens in the same moment: to wake this thread costs more than what it then does.
 */
import { type Counters, nowMs } from '../net/index.ts';
import { SessionGauge } from './session-gauge.ts';

/**
 * Samples are taken about half-way between two seconds of the wall clock: a timer is always somewhat late, and near the
 * turn of a second it would now miss one, now meet one twice. Not all programs of a host do it in the same moment: they
 * would keep all its processors busy at once.
 */
const SAMPLE_EVERY_MS = 1_000;
const SAMPLE_AT_MS = 325 + 50 * (process.pid % 8);
/** A timer that fires too early is taken for this second's. */
const EARLY_MS = 250;

export class Gauges {
  readonly #counters: Counters;
  readonly #sessions = new Map<number, SessionGauge>();
  #timer: NodeJS.Timeout | undefined;
  readonly #followers: (() => void)[] = [];

  constructor(counters: Counters) {
    this.#counters = counters;
    this.#plan();
  }

  get counters(): Counters {
    return this.#counters;
  }

  /** From now on `callback` is called after every sample, until `close()`. */
  everySecond(callback: () => void): void {
    this.#followers.push(callback);
  }

  /** A session takes a place in the counters. */
  begin(number: number, id: string): SessionGauge {
    const session = new SessionGauge(this.#counters, number, id, nowMs());
    this.#sessions.set(number, session);
    return session;
  }

  end(number: number): void {
    this.#sessions.delete(number);
  }

  at(number: number): SessionGauge | undefined {
    return this.#sessions.get(number);
  }

  sessions(): Iterable<SessionGauge> {
    return this.#sessions.values();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #plan(): void {
    const waitMs = SAMPLE_EVERY_MS - ((Date.now() - SAMPLE_AT_MS) % SAMPLE_EVERY_MS);
    this.#timer = setTimeout(() => this.#sample(), waitMs < EARLY_MS ? waitMs + SAMPLE_EVERY_MS : waitMs);
    this.#timer.unref();
  }

  #sample(): void {
    this.#plan();
    const now = nowMs();
    for (const session of this.#sessions.values()) session.sample(now);
    for (const follow of this.#followers) follow();
  }
}
