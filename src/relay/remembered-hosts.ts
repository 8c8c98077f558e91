/**
 * Hosts that a session's trusted paths came from and that have been forgotten for their silence. A client
 * that speaks again after a minute must not earn its first answer byte by byte; nor does a NAT's new port make
 * it a stranger. Answers then go to a host that had them before, so nobody new is reached.
 */
import { ADDRESS_WORDS } from '../net/index.ts';

/** The words of an address without its port. */
const HOST_WORDS = ADDRESS_WORDS - 1;
/** Per session; a further host takes the place of the oldest. */
const PLACES = 8;

export class RememberedHosts {
  readonly #words: Uint32Array;
  readonly #counts: Uint32Array;

  constructor(sessions: number) {
    this.#words = new Uint32Array(sessions * PLACES * HOST_WORDS);
    this.#counts = new Uint32Array(sessions);
  }

  /** @param at where in `words` the address begins */
  remember(session: number, words: Uint32Array, at: number): void {
    if (this.has(session, words, at)) return;
    const place = session * PLACES + (this.#counts[session]!++ % PLACES);
    this.#words.set(words.subarray(at, at + HOST_WORDS), place * HOST_WORDS);
  }

  has(session: number, words: Uint32Array, at: number): boolean {
    const known = Math.min(this.#counts[session]!, PLACES);
    for (let place = session * PLACES; place < session * PLACES + known; place++) {
      let same = 0;
      while (same < HOST_WORDS && this.#words[place * HOST_WORDS + same] === words[at + same]) same++;
      if (same === HOST_WORDS) return true;
    }
    return false;
  }

  /** A session's hosts, for `put` of another loop's. */
  of(session: number): Uint32Array {
    const known = Math.min(this.#counts[session]!, PLACES);
    const first = session * PLACES;
    return this.#words.slice(first * HOST_WORDS, (first + known) * HOST_WORDS);
  }

  put(session: number, hosts: Uint32Array): void {
    this.#words.set(hosts, session * PLACES * HOST_WORDS);
    this.#counts[session] = hosts.length / HOST_WORDS;
  }

  clear(session: number): void {
    this.#counts[session] = 0;
  }
}
