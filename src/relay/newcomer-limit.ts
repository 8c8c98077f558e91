/**
 * How much is taken per second from senders without any proof: a token bucket. Established sessions never
 * ask it.
 */
export class NewcomerLimit {
  readonly #perSecond: number;
  readonly #atOnce: number;
  #tokens: number;
  #atMs = 0;

  /** @param atOnce what the bucket holds: one second's worth unless told otherwise */
  constructor(perSecond: number, atOnce = perSecond) {
    this.#perSecond = perSecond;
    this.#atOnce = atOnce;
    this.#tokens = atOnce;
  }

  admit(nowMs: number): boolean {
    const gained = ((nowMs - this.#atMs) * this.#perSecond) / 1000;
    this.#tokens = Math.min(this.#atOnce, this.#tokens + gained);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** What was admitted last turned out to cost nothing. */
  giveBack(): void {
    this.#tokens++;
  }
}
