/**
 * What the packet loops of one server say and hand to each other: a ring each way between loop 0 and every other.
 * A datagram goes along with what the kernel told of it, so that the other loop takes it as if it had received it
 * itself. Notes are never lost; datagrams are, and are counted, when a ring is full.
 */
import { writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { Ring } from '../net/index.ts';
import { type LocalAddresses, MESSAGES, type Receiver } from './receiver.ts';

/** Shared memory between this loop and another. */
export interface Line {
  /** Number of the other loop. */
  readonly loop: number;
  readonly out: SharedArrayBuffer;
  readonly in: SharedArrayBuffer;
}

// A record: what it is, then a note, or the session told and what stands in front of a datagram.
const KIND = 0;
const TOLD = 4;
const NAME = 8;
const LEVEL = 40;
const INTERFACE = 44;
const INFO = 48;
const INFO_BYTES = 20;
const DATAGRAM_AT = 72;
const NOTE_AT = 8;

const IS_NOTE = 1;
const IS_DATAGRAM = 2;
const NAME_BYTES = 32;

/** Batches taken from one loop before the sockets get their turn. */
const BATCHES_AT_ONCE = 4;
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

interface Wire {
  readonly loop: number;
  readonly out: Ring;
  readonly in: Ring;
  /** Notes that had no room yet; what comes later must not overtake them. */
  readonly waiting: Uint8Array[];
  isToWake: boolean;
}

export class Exchange {
  readonly #wires: readonly Wire[];
  readonly #byLoop: (Wire | undefined)[] = [];
  readonly #wakeFds: Int32Array;

  /** @param wakeFds by loop: its eventfd. Shared by all loops; each enters its own */
  constructor(lines: readonly Line[], wakeFds: SharedArrayBuffer) {
    this.#wires = lines.map((line) => ({
      loop: line.loop,
      out: new Ring(line.out),
      in: new Ring(line.in),
      waiting: [],
      isToWake: false,
    }));
    for (const wire of this.#wires) this.#byLoop[wire.loop] = wire;
    this.#wakeFds = new Int32Array(wakeFds);
  }

  tell(loop: number, note: unknown): void {
    const wire = this.#byLoop[loop]!;
    const bytes = serialize(note);
    if (wire.waiting.length > 0 || !putNote(wire.out, bytes)) wire.waiting.push(bytes);
    wire.isToWake = true;
  }

  /** Hands datagram `i` of the receiver's batch to another loop. False when that has no room. */
  hand(receiver: Receiver, i: number): boolean {
    const { batch, local } = receiver;
    const wire = this.#byLoop[batch.loop[i]!]!;
    if (wire.waiting.length > 0) return false;
    const lengthBytes = batch.length[i]!;
    const ring = wire.out;
    const at = ring.begin(DATAGRAM_AT + lengthBytes);
    if (at < 0) return false;
    const message = batch.message[i]!;
    const { view } = ring;
    view.setUint32(at + KIND, IS_DATAGRAM, true);
    view.setInt32(at + TOLD, batch.told[i]!, true);
    copy(view, at + NAME, receiver.names.view, message * NAME_BYTES, NAME_BYTES);
    const info = local.at[message]!;
    view.setInt32(at + LEVEL, info === 0 ? NO_LEVEL : local.level[message]!, true);
    view.setInt32(at + INTERFACE, local.interfaceIndex[message]!, true);
    if (info !== 0) copy(view, at + INFO, local.region.view, info, INFO_BYTES);
    copy(view, at + DATAGRAM_AT, batch.view, batch.offset[i]!, lengthBytes);
    ring.commit();
    wire.isToWake = true;
    return true;
  }

  /** Wakes the loops that were told or handed something. Call it once after a batch. */
  flush(): void {
    for (const wire of this.#wires) {
      if (!wire.isToWake) continue;
      this.#sendWaiting(wire);
      wire.isToWake = wire.waiting.length > 0;
      writeSync(Atomics.load(this.#wakeFds, wire.loop), ONE);
    }
  }

  /**
   * Takes what the other loops sent: datagrams into the receiver's batch, and then `onBatch`, with the number of
   * messages; notes to `onNote`. In order. False when there is more: the sockets get their turn first.
   */
  take(receiver: Receiver, onBatch: (messages: number) => void, onNote: (note: unknown) => void): boolean {
    let isEmpty = true;
    for (const wire of this.#wires) {
      if (!takeFrom(wire.in, receiver, onBatch, onNote)) isEmpty = false;
    }
    return isEmpty;
  }

  #sendWaiting({ out, waiting }: Wire): void {
    while (waiting.length > 0 && putNote(out, waiting[0]!)) waiting.shift();
  }
}

const NO_LEVEL = -1;

function takeFrom(
  ring: Ring,
  receiver: Receiver,
  onBatch: (messages: number) => void,
  onNote: (note: unknown) => void,
): boolean {
  for (let batches = 0; batches < BATCHES_AT_ONCE; batches++) {
    const messages = takeDatagrams(ring, receiver);
    if (messages > 0) onBatch(messages);
    const at = ring.peek();
    if (at < 0) return true;
    if (ring.view.getUint32(at + KIND, true) !== IS_NOTE) continue;
    const note = deserialize(ring.bytes.slice(at + NOTE_AT, at + ring.lengthBytes));
    ring.release();
    onNote(note);
  }
  return false;
}

/** Up to the next note, or as many as a batch has room for. Returns how many. */
function takeDatagrams(ring: Ring, receiver: Receiver): number {
  receiver.beginHanded();
  let messages = 0;
  while (messages < MESSAGES) {
    const at = ring.peek();
    if (at < 0 || ring.view.getUint32(at + KIND, true) !== IS_DATAGRAM) break;
    const lengthBytes = ring.lengthBytes - DATAGRAM_AT;
    const offset = receiver.addHanded(messages, lengthBytes, ring.view.getInt32(at + TOLD, true));
    copy(receiver.names.view, messages * NAME_BYTES, ring.view, at + NAME, NAME_BYTES);
    copy(receiver.batch.view, offset, ring.view, at + DATAGRAM_AT, lengthBytes);
    takeLocal(receiver.local, messages, ring, at);
    receiver.readName(messages);
    ring.release();
    messages++;
  }
  return messages;
}

function takeLocal(local: LocalAddresses, message: number, ring: Ring, at: number): void {
  const level = ring.view.getInt32(at + LEVEL, true);
  local.interfaceIndex[message] = ring.view.getInt32(at + INTERFACE, true);
  local.at[message] = 0;
  if (level === NO_LEVEL) return;
  local.level[message] = level;
  local.at[message] = local.dataAt(message);
  copy(local.region.view, local.at[message]!, ring.view, at + INFO, INFO_BYTES);
}

function putNote(ring: Ring, bytes: Uint8Array): boolean {
  const at = ring.begin(NOTE_AT + bytes.length);
  if (at < 0) return false;
  ring.view.setUint32(at + KIND, IS_NOTE, true);
  ring.bytes.set(bytes, at + NOTE_AT);
  ring.commit();
  return true;
}

/** Between two buffers; a view of a part of either would be garbage to collect. */
function copy(to: DataView, toAt: number, from: DataView, fromAt: number, lengthBytes: number): void {
  const words = lengthBytes & ~3;
  for (let i = 0; i < words; i += 4) to.setInt32(toAt + i, from.getInt32(fromAt + i, true), true);
  for (let i = words; i < lengthBytes; i++) to.setUint8(toAt + i, from.getUint8(fromAt + i));
}
