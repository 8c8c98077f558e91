/**
 * Which paths each session sends to: a short list of path numbers per session, and the order in which the
 * next batch goes out. The order rotates, else the first path of the list would win almost every race and
 * the others' quality would look worse than it is.
 */
export class SessionPaths {
  /** The session's paths in sending order, after `rotate()`; entries 0 to its return value - 1. */
  readonly targets: Int32Array;
  readonly #perSession: number;
  readonly #members: Int32Array;
  readonly #counts: Int32Array;
  readonly #turns: Uint32Array;

  constructor(sessions: number, pathsPerSession: number) {
    this.#perSession = pathsPerSession;
    this.#members = new Int32Array(sessions * pathsPerSession);
    this.#counts = new Int32Array(sessions);
    this.#turns = new Uint32Array(sessions);
    this.targets = new Int32Array(pathsPerSession);
  }

  count(session: number): number {
    return this.#counts[session]!;
  }

  member(session: number, index: number): number {
    return this.#members[session * this.#perSession + index]!;
  }

  /** False when the session has all the paths it may have. */
  add(session: number, path: number): boolean {
    const count = this.#counts[session]!;
    if (count === this.#perSession) return false;
    this.#members[session * this.#perSession + count] = path;
    this.#counts[session] = count + 1;
    return true;
  }

  remove(session: number, path: number): void {
    const first = session * this.#perSession;
    const count = this.#counts[session]!;
    const index = this.#members.subarray(first, first + count).indexOf(path);
    if (index < 0) return;
    this.#members[first + index] = this.#members[first + count - 1]!;
    this.#counts[session] = count - 1;
  }

  /** Lays the session's paths out in `targets`, one place further on than last time; returns how many. */
  rotate(session: number): number {
    const count = this.#counts[session]!;
    if (count === 0) return 0;
    const first = session * this.#perSession;
    let next = this.#turns[session]! % count;
    this.#turns[session]!++;
    for (let i = 0; i < count; i++) {
      this.targets[i] = this.#members[first + next]!;
      if (++next === count) next = 0;
    }
    return count;
  }
}
