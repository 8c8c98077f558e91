/**
 * A decided batch, taken apart by session in one pass: which sessions it serves, and each one's datagrams
 * as a chain in the order they came. Nothing is copied or sorted.
 */
import type { Batch } from '../net/index.ts';

/** Ends a chain. */
export const END = -1;

export class Chains {
  /** Sessions of the batch, in the order of their first datagram: entries 0 to `count` - 1. */
  readonly sessions: Int32Array;
  count = 0;
  /** The entry after each entry in its chain, or `END`. */
  readonly next: Int32Array;
  readonly #heads: Int32Array;
  readonly #tails: Int32Array;
  /** The batch that a session's head and tail are of. */
  readonly #batches: Int32Array;
  #batch = 0;

  constructor(capacity: number, sessions: number) {
    this.sessions = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
    this.#heads = new Int32Array(sessions);
    this.#tails = new Int32Array(sessions);
    this.#batches = new Int32Array(sessions);
  }

  /** A session's first entry; only for a session of `sessions`. */
  head(session: number): number {
    return this.#heads[session]!;
  }

  build(batch: Batch): void {
    this.count = 0;
    this.#batch = (this.#batch + 1) | 0;
    for (let i = 0; i < batch.count; i++) {
      const session = batch.to[i]!;
      if (session < 0) continue;
      this.next[i] = END;
      if (this.#batches[session] === this.#batch) {
        this.next[this.#tails[session]!] = i;
      } else {
        this.#batches[session] = this.#batch;
        this.#heads[session] = i;
        this.sessions[this.count++] = session;
      }
      this.#tails[session] = i;
    }
  }
}
