/**
 * Which session a WireGuard index belongs to: a hash table from a 32-bit index to a session, asked when a
 * datagram comes from an address nobody knows. Each session keeps its last few indices; a further one
 * pushes out the one unused for longest. Indices are random (white paper, section 5.4.2), but strangers
 * may choose theirs, so the hash is seeded.
 */

/**
 * Indices kept per session. A tunnel uses up to three at a time (previous, current, next key pair), and a
 * side whose handshakes stay unanswered chooses a new one every 5 s.
 */
const PER_SESSION = 8;
const NONE = -1;

export class IndexTable {
  readonly #mask: number;
  readonly #keys: Int32Array;
  readonly #sessions: Int32Array;
  readonly #seed = Math.floor(Math.random() * 2 ** 32);
  /** Per session: its indices, oldest first, and how many. */
  readonly #owned: Int32Array;
  readonly #counts: Uint8Array;

  constructor(sessions: number) {
    const slots = 2 ** Math.ceil(Math.log2(sessions * PER_SESSION * 2));
    this.#mask = slots - 1;
    this.#keys = new Int32Array(slots);
    this.#sessions = new Int32Array(slots).fill(NONE);
    this.#owned = new Int32Array(sessions * PER_SESSION);
    this.#counts = new Uint8Array(sessions);
  }

  /** The session that `index` names, or -1. */
  get(index: number): number {
    return this.#sessions[this.#find(index)]!;
  }

  /** From now on `index` names `session`; if it named another, that one loses it. */
  set(index: number, session: number): void {
    const before = this.get(index);
    if (before === session) {
      this.#disown(session, index); // and own it again below, as the newest
    } else if (before !== NONE) {
      this.delete(index);
    }
    const first = session * PER_SESSION;
    if (this.#counts[session] === PER_SESSION) this.delete(this.#owned[first]!);
    this.#owned[first + this.#counts[session]!++] = index;
    const slot = this.#find(index);
    this.#keys[slot] = index;
    this.#sessions[slot] = session;
  }

  /** Whether one more index pushes none out. */
  hasRoom(session: number): boolean {
    return this.#counts[session]! < PER_SESSION;
  }

  /** Forgets every index of a session that ended. */
  clear(session: number): void {
    while (this.#counts[session]! > 0) this.delete(this.#owned[session * PER_SESSION]!);
  }

  /** Hands the indices of one session to another: they turned out to be the same client. The newest of both stay. */
  move(from: number, to: number): void {
    if (from === to) return;
    const lists = [this.of(to), this.of(from)];
    const newestFirst: number[] = [];
    for (let age = 1; age <= PER_SESSION; age++) {
      for (const list of lists) if (age <= list.length) newestFirst.push(list.at(-age)!);
    }
    this.clear(from);
    this.clear(to);
    for (const index of newestFirst.slice(0, PER_SESSION).reverse()) this.set(index, to);
  }

  /** A session's indices, oldest first: a list of its own. */
  of(session: number): number[] {
    const first = session * PER_SESSION;
    return [...this.#owned.subarray(first, first + this.#counts[session]!)];
  }

  /** Removes an index; entries behind it move back (Knuth, volume 3, section 6.4, algorithm R). */
  delete(index: number): void {
    let hole = this.#find(index);
    const session = this.#sessions[hole]!;
    if (session === NONE) return;
    this.#disown(session, index);
    const mask = this.#mask;
    for (let next = (hole + 1) & mask; this.#sessions[next] !== NONE; next = (next + 1) & mask) {
      const home = this.#home(this.#keys[next]!);
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      this.#keys[hole] = this.#keys[next]!;
      this.#sessions[hole] = this.#sessions[next]!;
      hole = next;
    }
    this.#sessions[hole] = NONE;
  }

  #disown(session: number, index: number): void {
    const first = session * PER_SESSION;
    const end = first + this.#counts[session]!;
    const at = this.#owned.indexOf(index, first);
    if (at < 0 || at >= end) return;
    this.#owned.copyWithin(at, at + 1, end);
    this.#counts[session]!--;
  }

  #find(index: number): number {
    let slot = this.#home(index);
    while (this.#sessions[slot] !== NONE && this.#keys[slot] !== index) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #home(index: number): number {
    const mixed = Math.imul(index ^ this.#seed, 0x9e3779b1);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}
