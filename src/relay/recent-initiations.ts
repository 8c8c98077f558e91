/**
 * Handshake initiations of the last moments, and the session each began: what groups a client's addresses,
 * since the same bytes come from every one of them. A small direct-mapped table, keyed on the sender index
 * and eight bytes of the ephemeral key, so that two clients that choose the same index stay apart.
 */
const PLACES = 1024;
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
    const place = placeOf(view, offset);
    if (this.#sessions[place] === NONE || nowMs - this.#atMs[place]! > REMEMBERED_MS) return NONE;
    for (let i = 0; i < WORDS; i++) {
      if (this.#keys[place * WORDS + i] !== view.getInt32(offset + 4 + i * 4, true)) return NONE;
    }
    return this.#sessions[place]!;
  }

  remember(view: DataView, offset: number, session: number, nowMs: number): void {
    const place = placeOf(view, offset);
    for (let i = 0; i < WORDS; i++) this.#keys[place * WORDS + i] = view.getInt32(offset + 4 + i * 4, true);
    this.#sessions[place] = session;
    this.#atMs[place] = nowMs;
  }
}

/** Index and ephemeral key are random in genuine initiations. */
function placeOf(view: DataView, offset: number): number {
  return (view.getUint32(offset + 4, true) ^ view.getUint32(offset + 8, true)) & (PLACES - 1);
}
