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
  /** How often a path has joined a session, as a signed 32-bit number. */
  joins = 0;
  readonly #perSession: number;
  readonly #paths: Int32Array;
  readonly #alive: Int32Array;
  readonly #heard: Int32Array;
  /** Per path: its slot, -1 while it belongs to no session. */
  readonly #slots: Int8Array;
  /** Per path: `joins` when it joined. */
  readonly #joinedAt: Int32Array;
  readonly #turns: Uint32Array;

  constructor(sessions: number, paths: number, perSession: number) {
    this.#perSession = Math.min(perSession, MOST_SLOTS);
    this.#paths = new Int32Array(sessions * this.#perSession).fill(FREE);
    this.#alive = new Int32Array(sessions);
    this.#heard = new Int32Array(sessions);
    this.#slots = new Int8Array(paths).fill(FREE);
    this.#joinedAt = new Int32Array(paths);
    this.#turns = new Uint32Array(sessions);
    this.targets = new Int32Array(this.#perSession);
  }

  /** Bits of the slots in use. */
  alive(session: number): number {
    return this.#alive[session]!;
  }

  /**
   * Bits of the slots on which something has come since their paths joined. The others can't be blamed for not
   * delivering: the far end sends on a path only once it has heard from it.
   */
  heard(session: number): number {
    return this.#heard[session]!;
  }

  /** Something came in on the path in a slot. */
  hear(session: number, slot: number): void {
    this.#heard[session]! |= 1 << slot;
  }

  /** The path in a slot, -1 when it is free. */
  at(session: number, slot: number): number {
    return slot < this.#perSession ? this.#paths[session * this.#perSession + slot]! : FREE;
  }

  /** The slot of a path within its session, -1 when it has none. */
  slotOf(path: number): number {
    return this.#slots[path]!;
  }

  /** Bits of the slots whose paths were there already when `joins` was this. */
  joinedBy(session: number, joins: number): number {
    let slots = 0;
    for (let rest = this.#alive[session]!; rest !== 0; rest &= rest - 1) {
      const slot = 31 - Math.clz32(rest & -rest);
      if (((joins - this.#joinedAt[this.at(session, slot)]!) | 0) >= 0) slots |= 1 << slot;
    }
    return slots;
  }

  isFull(session: number): boolean {
    return this.free(session) === 0;
  }

  free(session: number): number {
    return this.#perSession - this.count(session);
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

  /**
   * Gives `path` a slot. False when the session has all the paths it may have.
   * @param wanted the slot it shall have, taken over from another path if need be; -1: the lowest free one
   */
  add(session: number, path: number, wanted = FREE): boolean {
    const slot = wanted === FREE ? this.#freeSlot(session) : wanted;
    if (slot < 0 || slot >= this.#perSession) return false;
    const before = this.at(session, slot);
    if (before !== FREE) this.#slots[before] = FREE;
    this.#paths[session * this.#perSession + slot] = path;
    this.#slots[path] = slot;
    this.joins = (this.joins + 1) | 0;
    this.#joinedAt[path] = this.joins;
    this.#alive[session]! |= 1 << slot;
    this.#heard[session]! &= ~(1 << slot);
    return true;
  }

  #freeSlot(session: number): number {
    const slot = 31 - Math.clz32(~this.#alive[session]! & -~this.#alive[session]!);
    return slot < this.#perSession ? slot : FREE;
  }

  remove(session: number, path: number): void {
    const slot = this.#slots[path]!;
    if (slot === FREE || this.at(session, slot) !== path) return;
    this.#paths[session * this.#perSession + slot] = FREE;
    this.#slots[path] = FREE;
    this.#alive[session]! &= ~(1 << slot);
    this.#heard[session]! &= ~(1 << slot);
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
