/**
 * Writes to viewers what waits for them, to one group after the other with a pause between: written to all at once,
 * two hundred would hold up packets for some 10 ms, and written to one at a time the wake-ups touch more packets than
 * the writing does. What comes meanwhile waits, so that each viewer gets it all in one write; with more than a hundred
 * that is less often than every second.
 */
import type { Viewer } from './viewer.ts';

/** The viewers of one wake-up. */
const GROUP = 16;
const GAP_MS = 160;

/** Keeps the order in which each viewer is told. */
export class Outbox {
  /** First come, first written to. */
  readonly #waiting = new Map<Viewer, Uint8Array[]>();
  #timer: NodeJS.Timeout | undefined;
  /** The last write: mostly it is the next viewer's, too. */
  #parts: readonly Uint8Array[] = [];
  #joined: Uint8Array = Buffer.alloc(0);

  /**
   * Those who have gone meanwhile take nobody's turn.
   * @param bytes kept until written, and shared: nobody may change them
   */
  add(viewers: Iterable<Viewer>, bytes: Uint8Array): void {
    for (const viewer of viewers) {
      if (viewer.hasEnded) continue;
      const parts = this.#waiting.get(viewer);
      if (parts === undefined) this.#waiting.set(viewer, [bytes]);
      else parts.push(bytes);
    }
    if (this.#timer === undefined) this.#writeNextGroup();
  }

  /** Writes what waits for this one, before it ends. */
  flush(viewer: Viewer): void {
    const parts = this.#waiting.get(viewer);
    if (parts !== undefined) this.#write(viewer, parts);
  }

  /** It has gone. */
  forget(viewer: Viewer): void {
    this.#waiting.delete(viewer);
  }

  #writeNextGroup(): void {
    this.#timer = undefined;
    let left = GROUP;
    for (const [viewer, parts] of this.#waiting) {
      this.#write(viewer, parts);
      left--;
      if (left === 0) break;
    }
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#writeNextGroup(), GAP_MS).unref();
  }

  #write(viewer: Viewer, parts: readonly Uint8Array[]): void {
    this.#waiting.delete(viewer);
    const isSame = parts.length === this.#parts.length && parts.every((part, i) => part === this.#parts[i]);
    if (!isSame) {
      this.#parts = parts;
      this.#joined = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    }
    viewer.send(this.#joined);
  }
}
