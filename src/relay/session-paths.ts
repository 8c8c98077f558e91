/**
 * Which paths each session has: up to 31 places ("slots") per session, so that a set of paths is a bit mask,
 * and the order in which the next batch goes out. The order rotates, else the first path of the list would
 * win almost every race and the others' quality would look worse than it is.
 */

/** A bit mask in a 32-bit integer has room for this many. */
export const MOST_SLOTS = 31;
const FREE = -1;

export class SessionPaths {
  /** The session's paths in sending order, after `rotate()`: entries 0 to its return value - 1. */
  readonly targets: Int32Array;
  readonly #perSession: number;
  readonly #paths: Int32Array;
  readonly #alive: Int32Array;
  /** Per path: its slot, -1 while it belongs to no session. */
  readonly #slots: Int8Array;
  readonly #turns: Uint32Array;
  /** Where the search for a free slot begins: a slot is not used again while its last packets settle. */
  readonly #nextSlot: Uint8Array;

  constructor(sessions: number, paths: number, perSession: number) {
    this.#perSession = Math.min(perSession, MOST_SLOTS);
    this.#paths = new Int32Array(sessions * this.#perSession).fill(FREE);
    this.#alive = new Int32Array(sessions);
    this.#slots = new Int8Array(paths).fill(FREE);
    this.#turns = new Uint32Array(sessions);
    this.#nextSlot = new Uint8Array(sessions);
    this.targets = new Int32Array(this.#perSession);
  }

  /** Bits of the slots in use. */
  alive(session: number): number {
    return this.#alive[session]!;
  }

  /** The path in a slot, -1 when it is free. */
  at(session: number, slot: number): number {
    return slot < this.#perSession ? this.#paths[session * this.#perSession + slot]! : FREE;
  }

  /** The slot of a path within its session, -1 when it has none. */
  slotOf(path: number): number {
    return this.#slots[path]!;
  }

  isFull(session: number): boolean {
    return this.count(session) === this.#perSession;
  }

  count(session: number): number {
    let count = 0;
    for (let rest = this.#alive[session]!; rest !== 0; rest &= rest - 1) count++;
    return count;
  }

  /** The session's paths, as a list of its own: for what happens rarely, not per datagram. */
  of(session: number): number[] {
    const paths: number[] = [];
    for (let rest = this.#alive[session]!; rest !== 0; rest &= rest - 1) {
      paths.push(this.at(session, 31 - Math.clz32(rest & -rest)));
    }
    return paths;
  }

  /** False when the session has all the paths it may have. */
  add(session: number, path: number): boolean {
    for (let i = 0; i < this.#perSession; i++) {
      const slot = (this.#nextSlot[session]! + i) % this.#perSession;
      if (this.at(session, slot) !== FREE) continue;
      this.#paths[session * this.#perSession + slot] = path;
      this.#slots[path] = slot;
      this.#alive[session]! |= 1 << slot;
      this.#nextSlot[session] = (slot + 1) % this.#perSession;
      return true;
    }
    return false;
  }

  remove(session: number, path: number): void {
    const slot = this.#slots[path]!;
    if (slot === FREE || this.at(session, slot) !== path) return;
    this.#paths[session * this.#perSession + slot] = FREE;
    this.#slots[path] = FREE;
    this.#alive[session]! &= ~(1 << slot);
  }

  /** Lays the session's paths out in `targets`, one place further on than last time; returns how many. */
  rotate(session: number): number {
    const count = this.count(session);
    if (count === 0) return 0;
    let place = count - (this.#turns[session]!++ % count);
    for (let rest = this.#alive[session]!; rest !== 0; rest &= rest - 1) {
      if (place >= count) place -= count;
      this.targets[place++] = this.at(session, 31 - Math.clz32(rest & -rest));
    }
    return count;
  }
}
