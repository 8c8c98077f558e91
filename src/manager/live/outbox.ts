/**
 * Writes to viewers what waits for them: to a few at once, then to the next few. Written to all at once, two
 * hundred would hold up packets. What comes meanwhile waits, so that each viewer gets it all in one write.
 */
import type { Viewer } from './viewer.ts';

/** Viewers written to without a pause. */
const GROUP = 4;
const GROUP_GAP_MS = 10;

/** Keeps the order in which each viewer is told. */
export class Outbox {
  /** First come, first written to. */
  readonly #waiting = new Map<Viewer, Uint8Array[]>();
  #timer: NodeJS.Timeout | undefined;
  /** The last write: mostly it is the next viewer's, too. */
  #parts: readonly Uint8Array[] = [];
  #joined: Uint8Array = Buffer.alloc(0);

  /** @param bytes kept until written, and shared: nobody may change them */
  add(viewers: Iterable<Viewer>, bytes: Uint8Array): void {
    for (const viewer of viewers) {
      const parts = this.#waiting.get(viewer);
      if (parts === undefined) this.#waiting.set(viewer, [bytes]);
      else parts.push(bytes);
    }
    if (this.#timer === undefined) this.#writeGroup();
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

  #writeGroup(): void {
    this.#timer = undefined;
    let room = GROUP;
    for (const [viewer, parts] of this.#waiting) {
      if (room-- === 0) break;
      this.#write(viewer, parts);
    }
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#writeGroup(), GROUP_GAP_MS).unref();
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
