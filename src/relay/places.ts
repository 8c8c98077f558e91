/** Where numbers come from, and go back to. */
export interface Numbers {
  /** -1: there is none. */
  take(): number;
  giveBack(number: number): void;
}

/**
 * Numbers for what has a place in the counters, from a stock that several threads may take from: a bit for each.
 * The lowest free one is taken.
 */
export class Places implements Numbers {
  readonly #words: Int32Array;
  readonly #count: number;

  /** @param shared of `memory(count)`, for threads that take from the same stock */
  constructor(count: number, shared = Places.memory(count)) {
    this.#count = count;
    this.#words = new Int32Array(shared);
  }

  static memory(count: number): SharedArrayBuffer {
    return new SharedArrayBuffer(Math.ceil(count / 32) * 4);
  }

  /** A number that nobody has; -1: all are taken. */
  take(): number {
    for (let word = 0; word < this.#words.length; word++) {
      for (let taken = Atomics.load(this.#words, word); taken !== -1; ) {
        const bit = ~taken & -~taken;
        const number = word * 32 + (31 - Math.clz32(bit));
        if (number >= this.#count) return -1;
        taken = Atomics.or(this.#words, word, bit);
        if ((taken & bit) === 0) return number;
      }
    }
    return -1;
  }

  giveBack(number: number): void {
    Atomics.and(this.#words, number >>> 5, ~(1 << (number & 31)));
  }
}
