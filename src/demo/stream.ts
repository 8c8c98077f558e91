/**
 * A steady stream of numbered packets in one direction, and its accounting. How packets travel is the caller's:
 * it gives `send`, calls `advance()` every few milliseconds and hands what arrives to `receive()`.
 */

import { Delays } from './delays.ts';

/** A packet that isn't there after so long is lost; one that comes still later stays lost, and counts in `late`. */
export const LOST_AFTER_MS = 2_000;
/** Full packets, an answer and a call's voice, in turn. */
const LENGTHS_BYTES = [1_200, 576, 1_200, 160] as const;
/** After a stall this much is made up for in one go; the rest is never sent, and so can't be lost. */
const MOST_BEHIND_MS = 50;

// Byte 0 is 0, so that WireGuard doesn't take the packet for IP; then, little-endian:
const SEQUENCE_AT = 8;
const SENT_AT = 16;

/** What has become of the packets; only ever growing. sent = received + lost + those still under way. */
export interface StreamCounters {
  sent: number;
  /** Each counted once. */
  received: number;
  /** Packets that came out of the tunnel a second time: must be 0, WireGuard refuses copies. */
  repeated: number;
  lost: number;
  late: number;
}

/** One direction. All times in ms of one clock, the caller's. */
export class Stream {
  readonly counters: StreamCounters = { sent: 0, received: 0, repeated: 0, lost: 0, late: 0 };
  readonly delays = new Delays();
  readonly #intervalMs: number;
  readonly #send: (packet: Uint8Array) => boolean;
  /** By sequence modulo the length: when it left, negative once it is there. */
  readonly #leftMs: Float64Array;
  #oldest = 0;
  #nextMs: number | null = null;

  /** `send` returns false for a packet that it didn't take: it then doesn't count as sent. */
  constructor(packetsPerSecond: number, send: (packet: Uint8Array) => boolean) {
    this.#intervalMs = 1000 / packetsPerSecond;
    this.#send = send;
    this.#leftMs = new Float64Array(Math.ceil((packetsPerSecond * LOST_AFTER_MS) / 1000) * 2 + 64);
  }

  /** Packets of which it isn't known yet whether they arrive. */
  get underWay(): number {
    const { sent, received, lost } = this.counters;
    return sent - received - lost;
  }

  /** Sends what is due and counts what is lost by now. */
  advance(nowMs: number): void {
    this.settle(nowMs);
    this.#nextMs = Math.max(this.#nextMs ?? nowMs, nowMs - MOST_BEHIND_MS);
    for (; this.#nextMs <= nowMs; this.#nextMs += this.#intervalMs) this.#sendOne(nowMs);
  }

  /** Only counts what is lost by now. */
  settle(nowMs: number): void {
    for (; this.#oldest < this.counters.sent; this.#oldest++) {
      const leftMs = this.#leftMs[this.#oldest % this.#leftMs.length]!;
      if (leftMs < 0) continue;
      if (nowMs - leftMs < LOST_AFTER_MS) return;
      this.counters.lost++;
    }
  }

  /** Takes a packet that arrived; it stays the caller's. */
  receive(packet: Uint8Array, nowMs: number): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const sequence = view.getUint32(SEQUENCE_AT, true);
    const slot = sequence % this.#leftMs.length;
    const isForgotten = sequence < this.counters.sent - this.#leftMs.length;
    if (!isForgotten && this.#leftMs[slot]! < 0) {
      this.counters.repeated++;
    } else if (sequence < this.#oldest) {
      this.counters.late++;
    } else {
      this.#leftMs[slot] = -1;
      this.counters.received++;
      this.delays.add(nowMs - view.getFloat64(SENT_AT, true));
    }
  }

  #sendOne(nowMs: number): void {
    const sequence = this.counters.sent;
    const packet = new Uint8Array(LENGTHS_BYTES[sequence % LENGTHS_BYTES.length]!);
    const view = new DataView(packet.buffer);
    view.setUint32(SEQUENCE_AT, sequence, true);
    view.setFloat64(SENT_AT, nowMs, true);
    this.#leftMs[sequence % this.#leftMs.length] = nowMs;
    if (this.#send(packet)) this.counters.sent++;
  }
}
