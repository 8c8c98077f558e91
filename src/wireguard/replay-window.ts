/**
 * Remembers which packet counters were used, so that a replayed packet is refused and a late one is not.
 * A ring of 32-bit words in which the newest counter's word is reused from the oldest: nothing is ever shifted.
 * Source: RFC 6479; WireGuard white paper, section 5.4.6.
 */

const WORD_BITS = 32;
const WORDS = 256;

/** How far behind the newest counter a packet is still taken. One word of the ring is always being refilled. */
export const REPLAY_WINDOW_PACKETS = (WORDS - 1) * WORD_BITS;

/** One per key pair; 1 KiB. Ask only about packets that have been authenticated. */
export class ReplayWindow {
  readonly #words = new Uint32Array(WORDS);
  #newestWord = 0;

  /**
   * Takes a counter: true the first time, false when it was taken before, lies behind the window, or is not
   * below 2^53 (nobody gets there: 14,000 years at 20,000 packets/s).
   */
  accept(counter: number): boolean {
    if (!Number.isSafeInteger(counter) || counter < 0) return false;
    const word = Math.floor(counter / WORD_BITS);
    if (word > this.#newestWord) {
      this.#clearAfterNewest(Math.min(word - this.#newestWord, WORDS));
      this.#newestWord = word;
    } else if (word + WORDS <= this.#newestWord) {
      return false;
    }
    const slot = word % WORDS;
    const bit = 1 << (counter % WORD_BITS);
    const seen = this.#words[slot]!;
    if ((seen & bit) !== 0) return false;
    this.#words[slot] = seen | bit;
    return true;
  }

  #clearAfterNewest(words: number): void {
    for (let step = 1; step <= words; step++) this.#words[(this.#newestWord + step) % WORDS] = 0;
  }
}
