/**
 * The up to three sessions that a peer has at once, and their rotation. A rekey loses nothing: packets under the
 * previous session are still read, and a responder starts to send under the next only once it was used.
 * Source: WireGuard white paper, section 6.3; Linux 6.x drivers/net/wireguard/noise.c (keypair rotation).
 */

import type { Keypair } from './keypair.ts';

/** previous: read only. current: read and sent with. next: made as responder, not yet confirmed. */
export class Keypairs {
  #previous: Keypair | null = null;
  #current: Keypair | null = null;
  #next: Keypair | null = null;

  /** The session to send with, if there is one. */
  get current(): Keypair | null {
    return this.#current;
  }

  /** The session whose messages to us bear this index. */
  byLocalIndex(index: number): Keypair | null {
    if (this.#current?.localIndex === index) return this.#current;
    if (this.#next?.localIndex === index) return this.#next;
    if (this.#previous?.localIndex === index) return this.#previous;
    return null;
  }

  /** Adds a session that the peer answered: in use at once. */
  addInitiated(keypair: Keypair): void {
    // An unconfirmed session is newer than the current one, and the peer may be about to use it.
    this.#previous = this.#next ?? this.#current;
    this.#next = null;
    this.#current = keypair;
  }

  /** Adds a session that we answered: in use once the peer has used it. */
  addResponded(keypair: Keypair): void {
    this.#next = keypair;
    this.#previous = null;
  }

  /** Call after an authentic packet under this session: true when that confirmed it, and it is current now. */
  confirm(keypair: Keypair): boolean {
    if (keypair !== this.#next) return false;
    this.#previous = this.#current;
    this.#current = keypair;
    this.#next = null;
    return true;
  }

  /** Forgets the sessions made at or before this time. */
  expire(createdAtMs: number): void {
    if (this.#previous !== null && this.#previous.createdAtMs <= createdAtMs) this.#previous = null;
    if (this.#current !== null && this.#current.createdAtMs <= createdAtMs) this.#current = null;
    if (this.#next !== null && this.#next.createdAtMs <= createdAtMs) this.#next = null;
  }
}
