/**
 * Handshake initiations of the last moments, and the session each began: what groups a client's addresses,
 * since the same bytes come from every one of them. A small table of sets, keyed on the sender index and eight
 * bytes of the ephemeral key, so that two clients that choose the same index stay apart. In a full set the
 * oldest makes room: forgotten too early, it would give a client a second session.
 */
/** A thousand clients a second, as after a restart of WireGuard, are remembered for 4 s. */
const SETS = 1024;
const PER_SET = 4;
const PLACES = SETS * PER_SET;
const WORDS = 3;
/** Longer than any link's lag; shorter than WireGuard's own repetition, which has a new ephemeral key anyway. */
const REMEMBERED_MS = 5_000;
const NONE = -1;

export class RecentInitiations {
  readonly #keys = new Int32Array(PLACES * WORDS);
  readonly #sessions = new Int32Array(PLACES).fill(NONE);
  readonly #atMs = new Float64Array(PLACES);

  /** The session that this initiation was remembered for, or -1. */
  find(view: DataView, offset: number, nowMs: number): number {
    const place = this.#placeOf(view, offset);
    if (place === NONE || nowMs - this.#atMs[place]! > REMEMBERED_MS) return NONE;
    return this.#sessions[place]!;
  }

  remember(view: DataView, offset: number, session: number, nowMs: number): void {
    const known = this.#placeOf(view, offset);
    const place = known === NONE ? this.#oldestIn(setOf(view, offset)) : known;
    for (let i = 0; i < WORDS; i++) this.#keys[place * WORDS + i] = view.getInt32(offset + 4 + i * 4, true);
    this.#sessions[place] = session;
    this.#atMs[place] = nowMs;
  }

  /** The number is another session's from now on: copies of what that one was begun by are not its own. */
  forget(session: number): void {
    for (let place = 0; place < PLACES; place++) {
      if (this.#sessions[place] === session) this.#sessions[place] = NONE;
    }
  }

  #placeOf(view: DataView, offset: number): number {
    const first = setOf(view, offset);
    for (let place = first; place < first + PER_SET; place++) {
      if (this.#sessions[place] !== NONE && this.#holds(place, view, offset)) return place;
    }
    return NONE;
  }

  #holds(place: number, view: DataView, offset: number): boolean {
    for (let i = 0; i < WORDS; i++) {
      if (this.#keys[place * WORDS + i] !== view.getInt32(offset + 4 + i * 4, true)) return false;
    }
    return true;
  }

  #oldestIn(first: number): number {
    let oldest = first;
    for (let place = first + 1; place < first + PER_SET; place++) {
      if (this.#atMs[place]! < this.#atMs[oldest]!) oldest = place;
    }
    return oldest;
  }
}

/** The first place of a set. Index and ephemeral key are random in genuine initiations. */
function setOf(view: DataView, offset: number): number {
  return ((view.getUint32(offset + 4, true) ^ view.getUint32(offset + 8, true)) & (SETS - 1)) * PER_SET;
}
