/**
 * What no path made good: counters that a session's WireGuard used and that never came. Two windows per
 * session, because for a moment around a rekey two key pairs are in use. A counter that leaves the window
 * unseen is lost; should its packet come after all, the loss is taken back. Only a figure: nothing is ever
 * dropped by it, and a jump that no real tunnel makes is not believed until it goes on from there.
 */

const WINDOW = 256;
const WORDS = WINDOW / 32;
const PER_SESSION = 2;
/** A larger jump is no loss but another beginning. A tunnel at 100,000 packets/s is silent for 0.1 s at this one. */
const COUNTED_JUMP = 10_000;
/** Beyond it doubles skip numbers and `n + 1` may be `n`. Only a forger gets there. */
const LAST_COUNTER = Number.MAX_SAFE_INTEGER;

/** What is known of a session's counters. */
export interface LossState {
  readonly indices: Int32Array;
  readonly highest: Float64Array;
  readonly candidate: Float64Array;
  readonly bits: Uint32Array;
  readonly newest: number;
}

export class LossWindow {
  readonly #indices: Int32Array;
  /** Highest counter seen; -1: the window is free. */
  readonly #highest: Float64Array;
  /** A counter far ahead, waiting for its successor before it is believed. */
  readonly #candidate: Float64Array;
  readonly #bits: Uint32Array;
  readonly #newest: Uint8Array;

  constructor(sessions: number) {
    const windows = sessions * PER_SESSION;
    this.#indices = new Int32Array(windows);
    this.#highest = new Float64Array(windows).fill(-1);
    this.#candidate = new Float64Array(windows).fill(-1);
    this.#bits = new Uint32Array(windows * WORDS);
    this.#newest = new Uint8Array(sessions);
  }

  clear(session: number): void {
    const first = session * PER_SESSION;
    this.#highest.fill(-1, first, first + PER_SESSION);
  }

  /** A copy, for `put` of another loop's. */
  of(session: number): LossState {
    const first = session * PER_SESSION;
    const end = first + PER_SESSION;
    return {
      indices: this.#indices.slice(first, end),
      highest: this.#highest.slice(first, end),
      candidate: this.#candidate.slice(first, end),
      bits: this.#bits.slice(first * WORDS, end * WORDS),
      newest: this.#newest[session]!,
    };
  }

  put(session: number, { indices, highest, candidate, bits, newest }: LossState): void {
    const first = session * PER_SESSION;
    this.#indices.set(indices, first);
    this.#highest.set(highest, first);
    this.#candidate.set(candidate, first);
    this.#bits.set(bits, first * WORDS);
    this.#newest[session] = newest;
  }

  /**
   * Takes note of a data packet's first copy. Returns by how much the session's loss changes: counters
   * that are now given up, or -1 for one that came after all.
   */
  note(session: number, index: number, counter: number): number {
    if (counter > LAST_COUNTER) return 0;
    const window = this.#windowOf(session, index);
    const highest = this.#highest[window]!;
    if (highest < 0) {
      this.#begin(window, counter);
      return 0;
    }
    const ahead = counter - highest;
    if (ahead > WINDOW) return this.#jump(window, counter, highest);
    if (ahead > 0) return this.#advance(window, counter, ahead);
    if (ahead <= -WINDOW) return -1;
    this.#mark(window, counter);
    return 0;
  }

  #windowOf(session: number, index: number): number {
    const first = session * PER_SESSION;
    for (let window = first; window < first + PER_SESSION; window++) {
      if (this.#indices[window] === index && this.#highest[window]! >= 0) return window;
    }
    // A new key pair takes the place of the one before the last.
    this.#newest[session] = 1 - this.#newest[session]!;
    const window = first + this.#newest[session]!;
    this.#indices[window] = index;
    this.#highest[window] = -1;
    return window;
  }

  /**
   * More than the window at once: a forged or corrupt counter, or everything was lost for a while. Believed when
   * the next packet goes on from there.
   */
  #jump(window: number, counter: number, highest: number): number {
    const expected = this.#candidate[window]!;
    this.#candidate[window] = counter;
    const step = counter - expected;
    if (expected < 0 || step <= 0 || step > WINDOW) return 0;
    if (expected - highest > COUNTED_JUMP) {
      this.#begin(window, counter);
      return 0;
    }
    this.#candidate[window] = -1;
    return this.#advance(window, expected, expected - highest) + this.#advance(window, counter, step);
  }

  /** Everything before the first counter seen counts as seen: it was sent before anybody watched. */
  #begin(window: number, counter: number): void {
    this.#highest[window] = counter;
    this.#candidate[window] = -1;
    this.#bits.fill(0xffffffff, window * WORDS, (window + 1) * WORDS);
  }

  #advance(window: number, counter: number, ahead: number): number {
    // Once round the window every bit is cleared, and each step further would find another lost.
    const steps = Math.min(ahead, WINDOW);
    let lost = ahead - steps;
    for (let next = counter - steps + 1; next <= counter; next++) {
      const place = next % WINDOW;
      const word = window * WORDS + (place >>> 5);
      const bit = 1 << (place & 31);
      if ((this.#bits[word]! & bit) === 0) lost++;
      this.#bits[word]! &= ~bit;
    }
    this.#highest[window] = counter;
    this.#mark(window, counter);
    return lost;
  }

  #mark(window: number, counter: number): void {
    const place = counter % WINDOW;
    this.#bits[window * WORDS + (place >>> 5)]! |= 1 << (place & 31);
  }
}
