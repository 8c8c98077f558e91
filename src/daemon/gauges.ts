/** All sessions' figures, brought up to date every second for windows and history to be right. */
import { type Counters, nowMs } from '../net/index.ts';
import { SessionGauge } from './session-gauge.ts';

const SAMPLE_EVERY_MS = 1_000;

export class Gauges {
  readonly #counters: Counters;
  readonly #sessions = new Map<number, SessionGauge>();
  readonly #timer: NodeJS.Timeout;
  /** Called after every sample. */
  #onSecond: (() => void) | undefined;

  constructor(counters: Counters) {
    this.#counters = counters;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
    this.#timer.unref();
  }

  get counters(): Counters {
    return this.#counters;
  }

  /** From now on `callback` is called after every sample; undefined: no longer. */
  onSecond(callback: (() => void) | undefined): void {
    this.#onSecond = callback;
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
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = nowMs();
    for (const session of this.#sessions.values()) session.sample(now);
    this.#onSecond?.();
  }
}
