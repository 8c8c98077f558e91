/**
 * Which counters an input moved, and how far: counts in eight ranges, as AFL has them, so that a loop that runs twice is
 * something else than one that runs a hundred times.
 */

const RANGE_OF_COUNT = Uint8Array.from({ length: 256 }, (_, count) => {
  const from = [1, 2, 3, 4, 8, 16, 32, 128].findLastIndex((least) => count >= least);
  return from < 0 ? 0 : 1 << from;
});

export class Coverage {
  readonly #hits: Uint8Array;
  readonly #hitWords: Uint32Array;
  readonly #seen: Uint8Array;

  /** @param hits the counters that the instrumented program counts in; its length is a multiple of four */
  constructor(hits: Uint8Array) {
    this.#hits = hits;
    this.#hitWords = new Uint32Array(hits.buffer, hits.byteOffset, hits.length >>> 2);
    this.#seen = new Uint8Array(hits.length);
  }

  /** Counters that ever moved. */
  get edges(): number {
    return this.#seen.reduce((sum, ranges) => sum + (ranges > 0 ? 1 : 0), 0);
  }

  clear(): void {
    this.#hitWords.fill(0);
  }

  /** Takes in what the counters say since `clear()`: 2 when one moved that never did, 1 when one did in a new range. */
  take(): 0 | 1 | 2 {
    let news: 0 | 1 | 2 = 0;
    for (let word = 0; word < this.#hitWords.length; word++) {
      if (this.#hitWords[word] === 0) continue;
      for (let edge = word << 2; edge < (word << 2) + 4; edge++) {
        const before = this.#seen[edge]!;
        const now = before | RANGE_OF_COUNT[this.#hits[edge]!]!;
        if (now === before) continue;
        this.#seen[edge] = now;
        news = before === 0 ? 2 : news === 2 ? 2 : 1;
      }
    }
    return news;
  }
}
