/**
 * Records from one thread to one other, through shared memory: in order, without locks, and without waiting on
 * either side. A record lies in one piece, so that both sides work on it in place.
 * One producer and one consumer: each moves one of two counters of bytes, modulo 2^32.
 */

/** Both counters have a cache line of their own, so that the two threads don't fight for one. */
const HEAD = 0;
const TAIL = 16;
const HEADER_BYTES = 128;
/** A record's length stands in front of it. */
const PREFIX_BYTES = 8;
/** Instead of a length: the next record is at the ring's beginning. */
const WRAP = 0xffff_ffff;

export class Ring {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Bytes of the record that `peek` found. */
  lengthBytes = 0;
  readonly #counters: Int32Array;
  readonly #capacity: number;
  /** Where the counter moves to: at `commit`, of the producer; at `release`, of the consumer. */
  #next = 0;

  /** @param shared what `memory` made; both threads have the same */
  constructor(shared: SharedArrayBuffer) {
    this.#counters = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.#capacity = shared.byteLength - HEADER_BYTES;
    this.view = new DataView(shared, HEADER_BYTES);
    this.bytes = new Uint8Array(shared, HEADER_BYTES);
  }

  /** @param capacityBytes a power of two; a record may have up to half of it */
  static memory(capacityBytes: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + capacityBytes);
  }

  /** Producer: where in `view` a record of `lengthBytes` is to be written; -1: there is no room for it now. */
  begin(lengthBytes: number): number {
    let head = Atomics.load(this.#counters, HEAD) >>> 0;
    const used = (head - Atomics.load(this.#counters, TAIL)) >>> 0;
    const needed = PREFIX_BYTES + ((lengthBytes + 7) & ~7);
    let at = head & (this.#capacity - 1);
    const untilEnd = this.#capacity - at;
    const skipped = needed > untilEnd ? untilEnd : 0;
    if (used + skipped + needed > this.#capacity) return -1;
    if (skipped > 0) {
      this.view.setUint32(at, WRAP, true);
      head += skipped;
      at = 0;
    }
    this.view.setUint32(at, lengthBytes, true);
    this.#next = head + needed;
    return at + PREFIX_BYTES;
  }

  /** Producer: the record begun is complete. */
  commit(): void {
    Atomics.store(this.#counters, HEAD, this.#next | 0);
  }

  /** Consumer: where in `view` the oldest record is, `lengthBytes` long; -1: there is none. */
  peek(): number {
    const head = Atomics.load(this.#counters, HEAD);
    let tail = Atomics.load(this.#counters, TAIL) >>> 0;
    if (head >>> 0 === tail) return -1;
    let at = tail & (this.#capacity - 1);
    if (this.view.getUint32(at, true) === WRAP) {
      tail += this.#capacity - at;
      at = 0;
    }
    this.lengthBytes = this.view.getUint32(at, true);
    this.#next = tail + PREFIX_BYTES + ((this.lengthBytes + 7) & ~7);
    return at + PREFIX_BYTES;
  }

  /** Consumer: has done with the record that `peek` found; its place is the producer's again. */
  release(): void {
    Atomics.store(this.#counters, TAIL, this.#next | 0);
  }
}
