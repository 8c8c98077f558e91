/**
 * Writes to viewers what waits for them, to one after the other with a pause between: written to all at once, two
 * hundred would hold up packets. What comes meanwhile waits, so that each viewer gets it all in one write; with more
 * than a hundred that is less often than every second.
 */
import type { Viewer } from './viewer.ts';

const GAP_MS = 10;

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
    if (this.#timer === undefined) this.#writeNext();
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

  #writeNext(): void {
    this.#timer = undefined;
    const next = this.#waiting.entries().next();
    if (next.done) return;
    this.#write(...next.value);
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#writeNext(), GAP_MS).unref();
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
