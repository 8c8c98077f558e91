/**
 * Memory that the kernel reads and writes: an ArrayBuffer of its own (never a slice of Node's buffer pool)
 * with its address and the views the code needs. A region lives as long as somebody references it; the
 * one who hands its address to a call keeps that reference.
 */
import koffi from 'koffi';
import { madvise } from './ffi.ts';

const MADV_DONTNEED = 4;
/** The largest of the processors that this runs on. */
const PAGE_BYTES = 65_536;

export class Region {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly view: DataView;
  /** Address of the first byte. An exact Number: user addresses end below 2^47 (2^53 is the limit). */
  readonly address: number;
  /** The same for calls that repeat per packet (ffi.ts, `Pointer`). */
  readonly pointer: bigint;

  /** @param lengthBytes rounded up to a whole number of 8-byte words; zero-filled */
  constructor(lengthBytes: number) {
    const buffer = new ArrayBuffer((lengthBytes + 7) & ~7);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.view = new DataView(buffer);
    this.pointer = BigInt(koffi.address(this.bytes));
    this.address = Number(this.pointer);
  }

  /**
   * Its whole pages go back to the system; what is read there from now on is zero. For memory that is done with: a thread
   * that leaves no garbage never collects the object. Source: madvise(2).
   */
  giveBack(): void {
    const start = Math.ceil(this.address / PAGE_BYTES) * PAGE_BYTES;
    const end = Math.floor((this.address + this.bytes.length) / PAGE_BYTES) * PAGE_BYTES;
    if (end > start) madvise(start, end - start, MADV_DONTNEED);
  }

  /** Writes a pointer to `target` at byte `offset` (a multiple of 4). */
  setPointer(offset: number, target: number): void {
    this.words[offset >>> 2] = target;
    this.words[(offset >>> 2) + 1] = target / 0x1_0000_0000;
  }
}
