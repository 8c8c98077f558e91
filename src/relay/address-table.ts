/**
 * Which path an address is: a hash table of socket addresses, asked once per received message.
 * Open addressing with linear probing; removal shifts the entries behind it back (Knuth, The Art of
 * Computer Programming, volume 3, section 6.4, algorithm R), so that no tombstones pile up.
 */
import { ADDRESS_WORDS } from '../net/index.ts';

const ABSENT = -1;

export class AddressTable {
  readonly #mask: number;
  readonly #keys: Uint32Array;
  readonly #values: Int32Array;
  /** Unknown to the outside, so that nobody can choose addresses that all collide. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32);

  /** @param capacity addresses it must hold; the table is at most half full */
  constructor(capacity: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(capacity, 1) * 2));
    this.#mask = slots - 1;
    this.#keys = new Uint32Array(slots * ADDRESS_WORDS);
    this.#values = new Int32Array(slots).fill(ABSENT);
  }

  /** The path stored for the address whose words start at `at`, or -1. */
  get(words: Uint32Array, at: number): number {
    return this.#values[this.#find(words, at)]!;
  }

  /** Stores `path`, replacing what was there. The caller keeps to the capacity. */
  set(words: Uint32Array, at: number, path: number): void {
    const slot = this.#find(words, at);
    for (let i = 0; i < ADDRESS_WORDS; i++) this.#keys[slot * ADDRESS_WORDS + i] = words[at + i]!;
    this.#values[slot] = path;
  }

  delete(words: Uint32Array, at: number): void {
    let hole = this.#find(words, at);
    if (this.#values[hole] === ABSENT) return;
    for (let next = (hole + 1) & this.#mask; this.#values[next] !== ABSENT; next = (next + 1) & this.#mask) {
      const home = this.#hash(this.#keys, next * ADDRESS_WORDS);
      // An entry may move back only if its home is not between the hole and where it sits (cyclically).
      if (((next - home) & this.#mask) < ((next - hole) & this.#mask)) continue;
      this.#keys.copyWithin(hole * ADDRESS_WORDS, next * ADDRESS_WORDS, (next + 1) * ADDRESS_WORDS);
      this.#values[hole] = this.#values[next]!;
      hole = next;
    }
    this.#values[hole] = ABSENT;
  }

  /** The slot that holds the address, or the free one where it belongs. */
  #find(words: Uint32Array, at: number): number {
    let slot = this.#hash(words, at);
    while (this.#values[slot] !== ABSENT && !this.#holds(slot, words, at)) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #holds(slot: number, words: Uint32Array, at: number): boolean {
    const key = slot * ADDRESS_WORDS;
    for (let i = 0; i < ADDRESS_WORDS; i++) if (this.#keys[key + i] !== words[at + i]) return false;
    return true;
  }

  #hash(words: Uint32Array, at: number): number {
    let hash = this.#seed;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      hash = Math.imul(hash ^ words[at + i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash & this.#mask;
  }
}
