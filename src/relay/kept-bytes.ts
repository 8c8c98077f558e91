/**
 * The bytes of first copies, to compare late ones with: a ring inside the batch's own memory, because copyWithin is the
 * one copy that allocates nothing. What follows a datagram in the same message (receive offload makes runs of them) is
 * kept with it, and compared with it: each call costs as much as the bytes of a datagram do. Whether a datagram's bytes
 * are still there its position tells; what was kept ahead and not used is overwritten by what is kept next.
 */
import type { Batch } from '../net/index.ts';

/** The ring starts with this much and doubles when late copies come after their bytes were overwritten. */
const FIRST_RING_BYTES = 2 << 20;

export class KeptBytes {
  /** After `keep`: where in the ring the bytes are, and how many had ever been written before them, modulo 2^32, signed. */
  offset = 0;
  position = 0;
  #ringBytes = FIRST_RING_BYTES;
  #ringAt = 0;
  #written = 0;
  /** How far back from there nothing has been overwritten, but for what was kept ahead. */
  #intact = 0;
  /** So many bytes from there on were kept ahead, over older ones. */
  #ahead = 0;
  /** Late copies came too late to be recognised. */
  #isShort = false;
  /** The batch's bytes up to there have been kept, so far away from themselves. */
  #keptUntil = 0;
  #keptShift = 0;
  /** The batch's bytes between these were equal to those so far away; what is overwritten since `has` denies. */
  #sameFrom = 0;
  #sameUntil = 0;
  #sameShift = 0;
  /** Up to there a comparison of more than one datagram has been tried. */
  #triedUntil = 0;

  /** Call it before a batch's first datagram: what was done ahead was done for another's bytes. */
  beginBatch(): void {
    this.#keptUntil = 0;
    this.#sameUntil = 0;
    this.#triedUntil = 0;
  }

  /** Keeps datagram `i` of the batch; false when there is no room. */
  keep(batch: Batch, i: number): boolean {
    if (batch.keepBytes < this.#ringBytes) return false;
    const offset = batch.offset[i]!;
    const length = batch.length[i]!;
    if (this.#ringAt + length > this.#ringBytes) this.#wrap(batch);
    const shift = batch.keepOffset + this.#ringAt - offset;
    if (offset >= this.#keptUntil) {
      const bytes = Math.min(runBytes(batch, i), this.#ringBytes - this.#ringAt);
      copy(batch, offset + shift, offset, bytes);
      this.#keptUntil = offset + bytes;
      this.#keptShift = shift;
      this.#ahead = Math.max(this.#ahead, bytes);
    } else if (shift !== this.#keptShift) {
      // One before it was no first copy: all that follows would be in the wrong place.
      copy(batch, offset + shift, offset, length);
    }
    this.offset = this.#ringAt;
    this.position = this.#written;
    this.#ringAt += length;
    this.#advance(length);
    return true;
  }

  /** Whether what was kept at `position` is still there. If not, the ring may grow. */
  has(position: number): boolean {
    const age = (this.#written - position) >>> 0;
    if (age <= Math.min(this.#intact, this.#ringBytes - this.#ahead)) return true;
    this.#isShort = true;
    return false;
  }

  /** Whether datagram `i` of the batch is equal to as many bytes that were kept at `ringOffset` and are still there. */
  equals(batch: Batch, i: number, ringOffset: number): boolean {
    const offset = batch.offset[i]!;
    const length = batch.length[i]!;
    const shift = batch.keepOffset + ringOffset - offset;
    if (shift === this.#sameShift && offset >= this.#sameFrom && offset + length <= this.#sameUntil)
      return true;
    if (offset >= this.#triedUntil) {
      const ringEnd = ringOffset < this.#ringAt ? this.#ringAt : this.#ringBytes;
      const bytes = Math.min(runBytes(batch, i), ringEnd - ringOffset);
      this.#triedUntil = offset + bytes;
      if (isSame(batch, offset + shift, offset, bytes)) {
        this.#sameFrom = offset;
        this.#sameUntil = offset + bytes;
        this.#sameShift = shift;
        return true;
      }
      if (bytes === length) return false;
    }
    return isSame(batch, offset + shift, offset, length);
  }

  /**
   * At the ring's end: back to its beginning, or on behind it when late copies came after their first copy's
   * bytes were overwritten and the batch has room. Only here is the ring in one piece, so it only grows here.
   */
  #wrap(batch: Batch): void {
    if (this.#isShort && this.#ringBytes * 2 <= batch.keepBytes) {
      this.#ringBytes *= 2;
      this.#intact = this.#ringAt; // what the round before left behind it comes next
    } else {
      this.#advance(this.#ringBytes - this.#ringAt);
      this.#ringAt = 0;
      this.#keptUntil = 0;
    }
    this.#isShort = false;
  }

  #advance(bytes: number): void {
    this.#written = (this.#written + bytes) | 0;
    this.#intact = Math.min(this.#intact + bytes, this.#ringBytes);
    this.#ahead = Math.max(0, this.#ahead - bytes);
  }
}

/** Bytes from datagram `i` to the end of its message, as far as they lie side by side. */
function runBytes(batch: Batch, i: number): number {
  const start = batch.offset[i]!;
  const message = batch.message[i]!;
  let end = start + batch.length[i]!;
  for (let next = i + 1; next < batch.count; next++) {
    if (batch.message[next] !== message || batch.offset[next] !== end) break;
    end += batch.length[next]!;
  }
  return end - start;
}

/**
 * Up to this length words read one by one beat the built-in comparison and copy, which cost 50 to 100 ns each
 * before the first byte.
 */
const SHORT_BYTES = 160;

function isSame({ bytes, view }: Batch, at: number, other: number, length: number): boolean {
  if (length > SHORT_BYTES) return bytes.compare(bytes, at, at + length, other, other + length) === 0;
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) {
    if (view.getInt32(at + i, true) !== view.getInt32(other + i, true)) return false;
  }
  for (let i = words; i < length; i++) if (bytes[at + i] !== bytes[other + i]) return false;
  return true;
}

function copy({ bytes, view }: Batch, to: number, from: number, length: number): void {
  if (length > SHORT_BYTES) {
    bytes.copyWithin(to, from, from + length);
    return;
  }
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) view.setInt32(to + i, view.getInt32(from + i, true), true);
  for (let i = words; i < length; i++) bytes[to + i] = bytes[from + i]!;
}
