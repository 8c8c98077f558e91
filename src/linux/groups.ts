/**
 * A batch laid out for sendmmsg(2): runs of equal datagrams become one message each, cut up again by the
 * kernel or the card (UDP_SEGMENT, udp(7)). Built once, sent to every destination of the batch.
 */
import type { Batch } from '../net/index.ts';
import { type Chains, END } from './chains.ts';
import { CMSG, IOVEC, MMSGHDR, SOL_UDP, UDP_SEGMENT } from './constants.ts';
import type { Destination } from './destination.ts';
import { Region } from './memory.ts';

/** UDP_MAX_SEGMENTS was 64 until Linux 6.9, 128 since. */
const MOST_SEGMENTS = 64;
/** 65,535 less IPv6 and UDP headers, with room to spare for IPv6 options. */
const MOST_BYTES = 65_000;

/** Control data of a message: the segment size, then the packet information, each a whole cmsg. */
const SEGMENT_SPACE = 24;
const SEGMENT_LENGTH = CMSG.data + 2;
const INFO_SPACE = 40;
const CONTROL_SPACE = SEGMENT_SPACE + INFO_SPACE;

export class Groups {
  /** Messages laid out, and datagrams in all of them. */
  count = 0;
  datagrams = 0;
  /** Per message: datagrams, bytes, size of all but the last datagram, and its first place in `entries`. */
  readonly segments: Int32Array;
  readonly bytes: Int32Array;
  readonly segmentBytes: Int32Array;
  readonly first: Int32Array;
  /** The batch's entries in sending order. */
  readonly entries: Int32Array;
  readonly #headers: Region;
  readonly #iovecs: Region;
  readonly #control: Region;
  readonly #memoryAddress: number;
  /** Of the messages that a send has begun with. */
  readonly #pointers: bigint[] = [];

  /** @param memoryAddress address of the memory that the batches' offsets count from */
  constructor(capacity: number, memoryAddress: number) {
    this.segments = new Int32Array(capacity);
    this.bytes = new Int32Array(capacity);
    this.segmentBytes = new Int32Array(capacity);
    this.first = new Int32Array(capacity);
    this.entries = new Int32Array(capacity);
    this.#headers = new Region(capacity * MMSGHDR.size);
    this.#iovecs = new Region(capacity * IOVEC.size);
    this.#control = new Region(capacity * CONTROL_SPACE);
    this.#memoryAddress = memoryAddress;
    for (let message = 0; message < capacity; message++) {
      const control = message * CONTROL_SPACE;
      this.#headers.setPointer(message * MMSGHDR.size + MMSGHDR.control, this.#control.address + control);
      this.#control.setPointer(control + CMSG.length, SEGMENT_LENGTH);
      this.#control.view.setInt32(control + CMSG.level, SOL_UDP, true);
      this.#control.view.setInt32(control + CMSG.type, UDP_SEGMENT, true);
    }
  }

  /** Address of message `message`'s header, for sendmmsg. */
  header(message: number): bigint {
    for (let next = this.#pointers.length; next <= message; next++) {
      this.#pointers.push(this.#headers.pointer + BigInt(next * MMSGHDR.size));
    }
    return this.#pointers[message]!;
  }

  clear(): void {
    this.count = 0;
    this.datagrams = 0;
  }

  /** Adds every datagram that the core sent to `to`, in order, in as few messages as may be. */
  addBatch(batch: Batch, to: number): void {
    for (let i = 0; i < batch.count; i++) if (batch.to[i] === to) this.#add(batch, i, true);
    this.#seal();
  }

  /** The same for one session's datagrams of a batch that serves many. */
  addChain(batch: Batch, chains: Chains, session: number): void {
    for (let i = chains.head(session); i !== END; i = chains.next[i]!) this.#add(batch, i, true);
    this.#seal();
  }

  /** Adds `count` of another layout's entries, each as a message of its own. */
  addSingly(batch: Batch, entries: Int32Array, first: number, count: number): void {
    for (let i = first; i < first + count; i++) this.#add(batch, entries[i]!, false);
    this.#seal();
  }

  /** Writes `destination`'s address and packet information into every message. */
  address(destination: Destination): void {
    const { words } = this.#headers;
    const nameLow = destination.name.address;
    for (let message = 0; message < this.count; message++) {
      const header = message * MMSGHDR.size;
      const control = message * CONTROL_SPACE;
      const isGroup = this.segments[message]! > 1;
      this.#headers.setPointer(header + MMSGHDR.name, destination.nameLength > 0 ? nameLow : 0);
      words[(header + MMSGHDR.nameLength) >>> 2] = destination.nameLength;
      let length = isGroup ? SEGMENT_SPACE : 0;
      if (destination.infoWords > 0) length += this.#writeInfo(control + SEGMENT_SPACE, destination);
      // Without a segment size the control data starts at the packet information.
      this.#headers.setPointer(
        header + MMSGHDR.control,
        this.#control.address + control + (isGroup ? 0 : SEGMENT_SPACE),
      );
      words[(header + MMSGHDR.controlLength) >>> 2] = length;
    }
  }

  #writeInfo(at: number, destination: Destination): number {
    const { words, view } = this.#control;
    const count = destination.infoWords;
    words[at >>> 2] = CMSG.data + count * 4;
    view.setInt32(at + CMSG.level, destination.infoLevel, true);
    view.setInt32(at + CMSG.type, destination.infoType, true);
    for (let i = 0; i < count; i++) words[((at + CMSG.data) >>> 2) + i] = destination.info[i]!;
    return CMSG.data + ((count * 4 + 7) & ~7);
  }

  #isOpen = false;
  #iovecCount = 0;
  #iovecEnd = 0;

  #add(batch: Batch, entry: number, mayJoin: boolean): void {
    const length = batch.length[entry]!;
    const start = batch.offset[entry]!;
    let message = this.count - 1;
    if (
      !this.#isOpen ||
      length === 0 || // no segment can be empty: it would vanish without an error
      length > this.segmentBytes[message]! ||
      this.segments[message] === MOST_SEGMENTS ||
      this.bytes[message]! + length > MOST_BYTES
    ) {
      this.#seal();
      message = this.count++;
      this.first[message] = this.datagrams;
      this.segments[message] = 0;
      this.bytes[message] = 0;
      this.segmentBytes[message] = length;
      this.#isOpen = mayJoin;
      this.#iovecCount = 0;
      this.#iovecEnd = -1;
    }
    // Each message's iovecs start at its first datagram's place: no message can need more than it has.
    const iovec = (this.first[message]! + this.#iovecCount) * IOVEC.size;
    if (start === this.#iovecEnd) {
      this.#iovecs.words[(iovec - IOVEC.size + IOVEC.length) >>> 2]! += length;
    } else {
      this.#iovecs.setPointer(iovec + IOVEC.base, this.#memoryAddress + start);
      this.#iovecs.setPointer(iovec + IOVEC.length, length);
      this.#iovecCount++;
    }
    this.#iovecEnd = start + length;
    this.entries[this.datagrams++] = entry;
    this.segments[message]!++;
    this.bytes[message]! += length;
    if (length < this.segmentBytes[message]!) this.#isOpen = false;
  }

  /** Finishes the message that is being laid out. */
  #seal(): void {
    this.#isOpen = false;
    const message = this.count - 1;
    if (message < 0 || this.#iovecCount === 0) return;
    const header = message * MMSGHDR.size;
    this.#headers.setPointer(
      header + MMSGHDR.iovecs,
      this.#iovecs.address + this.first[message]! * IOVEC.size,
    );
    this.#headers.setPointer(header + MMSGHDR.iovecCount, this.#iovecCount);
    this.#control.view.setUint16(message * CONTROL_SPACE + CMSG.data, this.segmentBytes[message]!, true);
    this.#iovecCount = 0;
  }
}
