/**
 * The bytes of first copies, to compare late ones with. Until their batch has been sent they are where they came in; what
 * may be wanted later is kept in a ring, which is in the batch's own memory, because copyWithin is the one copy that
 * allocates nothing. A place is an offset in that memory. What follows a datagram in the same message (receive offload
 * makes runs of them) is compared with it: a call costs as much as the bytes of a datagram do.
 */
import type { Batch } from '../net/index.ts';

/** The ring starts with this much and doubles when late copies come after their bytes were overwritten. */
const FIRST_RING_BYTES = 2 << 20;

export class KeptBytes {
  /** After `keep`: where the bytes are now, and how many had ever been written before them, modulo 2^32, signed. */
  place = 0;
  position = 0;
  #ringBytes = FIRST_RING_BYTES;
  #ringAt = 0;
  #written = 0;
  /** How far back from there nothing has been overwritten. */
  #intact = 0;
  /** Late copies came too late to be recognised. */
  #isShort = false;
  /** The batch's bytes between these are equal to those so far away. */
  #sameFrom = 0;
  #sameUntil = 0;
  #sameShift = 0;
  /** Up to there a comparison of more than one datagram has been tried. */
  #triedUntil = 0;

  /** Call it before a batch's first datagram: what was found of another's bytes says nothing of these. */
  beginBatch(): void {
    this.#sameUntil = 0;
    this.#triedUntil = 0;
  }

  /** Keeps what is in the batch's memory from `from` on, a message's bytes at most; false when there is no room. */
  keep(batch: Batch, from: number, bytes: number): boolean {
    if (batch.keepBytes < this.#ringBytes) return false;
    if (this.#ringAt + bytes > this.#ringBytes) this.#wrap(batch);
    this.place = batch.keepOffset + this.#ringAt;
    this.position = this.#written;
    copy(batch, this.place, from, bytes);
    this.#ringAt += bytes;
    this.#advance(bytes);
    return true;
  }

  /** Whether what was kept at `position` is still there. If not, the ring may grow. */
  has(position: number): boolean {
    const age = (this.#written - position) >>> 0;
    if (age <= this.#intact) return true;
    this.#isShort = true;
    return false;
  }

  /** Whether datagram `i` of the batch is equal to as many bytes at `place`, of this batch or still kept. */
  equals(batch: Batch, i: number, place: number): boolean {
    const offset = batch.offset[i]!;
    const length = batch.length[i]!;
    const shift = place - offset;
    if (shift === this.#sameShift && offset >= this.#sameFrom && offset + length <= this.#sameUntil)
      return true;
    if (offset >= this.#triedUntil) {
      // What is at the ring's end goes on at its beginning, and behind the newest bytes are the oldest.
      const ringAt = batch.keepOffset + this.#ringAt;
      const end = place < ringAt ? ringAt : batch.keepOffset + this.#ringBytes;
      const bytes = Math.min(runBytes(batch, i), end - place);
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
    }
    this.#isShort = false;
  }

  #advance(bytes: number): void {
    this.#written = (this.#written + bytes) | 0;
    this.#intact = Math.min(this.#intact + bytes, this.#ringBytes);
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
