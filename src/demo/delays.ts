/**
 * Delays of packets: the whole run in a histogram, and the last ones as they are, for a view of now.
 */

const BUCKET_MS = 0.1;
const BUCKETS = 20_000;
const RECENT = 1024;

/** Delays in ms; those above 2 s count as 2 s in the whole run's percentiles. */
export class Delays {
  readonly #histogram = new Uint32Array(BUCKETS + 1);
  readonly #recent = new Float64Array(RECENT);
  #count = 0;

  add(delayMs: number): void {
    const bucket = Math.min(BUCKETS, Math.max(0, Math.floor(delayMs / BUCKET_MS)));
    this.#histogram[bucket]!++;
    this.#recent[this.#count++ % RECENT] = delayMs;
  }

  /** Of the whole run, exact to 0.1 ms; null without any. `share` 0.5 is the median. */
  percentileMs(share: number): number | null {
    let left = Math.max(1, Math.ceil(this.#count * share));
    for (let bucket = 0; bucket <= BUCKETS; bucket++) {
      left -= this.#histogram[bucket]!;
      if (left <= 0) return (bucket + 0.5) * BUCKET_MS;
    }
    return null;
  }

  /** Of the last 1,024; null without any. */
  recentPercentileMs(share: number): number | null {
    const sorted = this.#recent.slice(0, Math.min(this.#count, RECENT)).sort();
    return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  }
}
