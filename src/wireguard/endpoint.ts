/**
 * One peer's end of a WireGuard tunnel, without sockets or timers of its own: datagrams and packets go in and out
 * through calls, and tick() drives what depends on time. Made for demo, benchmarks and tests: it is the real
 * protocol for exactly one peer, but doesn't scrub keys from memory and never asks others for a cookie.
 * Source: WireGuard white paper, sections 5 and 6.
 */

import { randomBytes } from 'node:crypto';
import { HandshakeMacs } from './cookie.ts';
import { zeroCounters } from './endpoint-counters.ts';
import {
  consumeInitiation,
  consumeResponse,
  createInitiation,
  createParties,
  createResponse,
  type Parties,
  type PendingInitiation,
  type SessionKeys,
} from './handshake.ts';
import { Keypair, MAX_PACKET_BYTES } from './keypair.ts';
import { Keypairs } from './keypairs.ts';
import { hasValidMac1, mac1KeyOf } from './mac1.ts';
import {
  COOKIE_REPLY,
  counterHi,
  counterLo,
  HANDSHAKE_INITIATION,
  HANDSHAKE_RESPONSE,
  messageType,
  receiverIndex,
  TRANSPORT_DATA,
} from './messages.ts';
import { unpaddedLength } from './padding.ts';
import { nextTai64n, tai64n } from './tai64n.ts';
import { DEFAULT_TIMERS, type EndpointTimers } from './timers.ts';

/** Packets that wait for a session. When full, the oldest is dropped and counted in `queueDropped`. */
const QUEUE_PACKETS = 32;
const KEEPALIVE = new Uint8Array(0);
const NEVER = Number.POSITIVE_INFINITY;

/** What an endpoint needs. Keys are 32 bytes, copied. */
export interface EndpointOptions {
  privateKey: Uint8Array;
  peerPublicKey: Uint8Array;
  /** None: 32 zero bytes, as in WireGuard. */
  presharedKey?: Uint8Array;
  /** Sends a datagram to the peer; it is the callee's to keep. Must not throw. */
  transmit(datagram: Uint8Array): void;
  /** Takes a packet from the peer, without its padding; it is the callee's to keep. Must not throw. */
  deliver(packet: Uint8Array): void;
  /** Ms since 1970, never going back. Default: the wall clock at process start, then the monotonic clock. */
  nowMs?: () => number;
  /** Times that differ from the protocol's. */
  timers?: Partial<EndpointTimers>;
}

/** One end of a tunnel. */
export class Endpoint {
  readonly counters = zeroCounters();
  readonly #options: EndpointOptions;
  readonly #nowMs: () => number;
  readonly #timers: EndpointTimers;
  readonly #parties: Parties;
  readonly #ownMac1Key: Uint8Array;
  readonly #macs: HandshakeMacs;
  readonly #keypairs = new Keypairs();
  #queue: Uint8Array[] = [];
  #pending: PendingInitiation | null = null;
  #lastTimestampSent: Uint8Array = new Uint8Array(0);
  #lastTimestampSeen: Uint8Array = new Uint8Array(0);
  #attemptSinceMs = NEVER;
  #nextInitiationAtMs = 0;
  #keepaliveAtMs = NEVER;
  #answerDueAtMs = NEVER;
  #persistentAtMs = NEVER;
  #isClosed = false;

  /** Throws RangeError for keys that aren't 32 bytes or a peer's key of low order. Sends nothing yet. */
  constructor(options: EndpointOptions) {
    this.#parties = createParties(options.privateKey, options.peerPublicKey, options.presharedKey);
    this.#ownMac1Key = mac1KeyOf(this.#parties.publicKey);
    this.#macs = new HandshakeMacs(this.#parties.peerPublicKey);
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.timeOrigin + performance.now());
    this.#timers = { ...DEFAULT_TIMERS, ...options.timers };
  }

  /** Whether packets can be sent now without a handshake. */
  get isUp(): boolean {
    return this.#usableKeypair(this.#nowMs()) !== null;
  }

  /** Starts a handshake, a rekey if there is a session; nothing when one is under way. */
  connect(): void {
    if (this.#isClosed) return;
    const nowMs = this.#nowMs();
    this.#postponePersistentKeepalive(nowMs);
    this.#startHandshake(nowMs);
  }

  /** Sends a keepalive before its time; nothing while there is no session. */
  keepAlive(): void {
    const nowMs = this.#nowMs();
    const keypair = this.#isClosed ? null : this.#usableKeypair(nowMs);
    if (keypair !== null) this.#transmit(keypair, KEEPALIVE, nowMs);
  }

  /**
   * Sends a packet, or queues a copy of it and starts a handshake when there is no session. False, and nothing
   * done, when it is empty or longer than 65,472 bytes, or the endpoint is closed.
   */
  send(packet: Uint8Array): boolean {
    if (this.#isClosed || packet.length === 0 || packet.length > MAX_PACKET_BYTES) return false;
    const nowMs = this.#nowMs();
    const keypair = this.#usableKeypair(nowMs);
    if (keypair !== null) {
      this.#transmit(keypair, packet, nowMs);
      return true;
    }
    if (this.#queue.length === QUEUE_PACKETS) {
      this.#queue.shift();
      this.counters.queueDropped++;
    }
    this.#queue.push(packet.slice());
    if (this.#attemptSinceMs !== NEVER) this.#attemptSinceMs = nowMs;
    this.#startHandshake(nowMs);
    return true;
  }

  /**
   * Takes a datagram from the network; it stays the caller's. True when it is authentic and new, so that the
   * address it came from may be taken for the peer's. A cookie reply proves too little for that: false.
   */
  receive(datagram: Uint8Array): boolean {
    if (this.#isClosed) return false;
    const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
    const nowMs = this.#nowMs();
    switch (messageType(view, 0, bytes.length)) {
      case TRANSPORT_DATA:
        return this.#receiveData(bytes, view, nowMs);
      case HANDSHAKE_INITIATION:
        return this.#receiveInitiation(bytes, nowMs);
      case HANDSHAKE_RESPONSE:
        return this.#receiveResponse(bytes, view, nowMs);
      case COOKIE_REPLY:
        this.counters[this.#macs.consumeReply(bytes, nowMs) ? 'cookies' : 'rejected']++;
        return false;
      default:
        return this.#refuse('rejected');
    }
  }

  /** Does what is due: initiations, keepalives, forgetting sessions. Call it about every 100 ms. */
  tick(): void {
    if (this.#isClosed) return;
    const nowMs = this.#nowMs();
    this.#keypairs.expire(nowMs - this.#timers.rejectAfterMs);
    if (nowMs >= this.#answerDueAtMs) {
      this.#answerDueAtMs = NEVER;
      this.#startHandshake(nowMs);
    }
    if (nowMs >= this.#keepaliveAtMs || nowMs >= this.#persistentAtMs) this.#sendKeepalive(nowMs);
    this.#continueHandshake(nowMs);
  }

  /** Forgets keys and queue; from now on every call does nothing. */
  close(): void {
    this.#isClosed = true;
    this.#pending = null;
    this.#queue = [];
    this.#keypairs.expire(NEVER);
  }

  #usableKeypair(nowMs: number): Keypair | null {
    const current = this.#keypairs.current;
    return current !== null && nowMs - current.createdAtMs < this.#timers.rejectAfterMs ? current : null;
  }

  // State changes come before transmit() and deliver(): a link in memory may answer before they return.
  #transmit(keypair: Keypair, packet: Uint8Array, nowMs: number): void {
    const { keepaliveMs, rekeyTimeoutMs, rekeyAfterMs } = this.#timers;
    this.#keepaliveAtMs = NEVER;
    this.#postponePersistentKeepalive(nowMs);
    if (packet.length === 0) {
      this.counters.keepalivesSent++;
    } else {
      this.counters.sent++;
      if (this.#answerDueAtMs === NEVER) {
        this.#answerDueAtMs = nowMs + keepaliveMs + rekeyTimeoutMs + this.#jitterMs();
      }
    }
    this.#options.transmit(keypair.seal(packet));
    if (keypair.isInitiator && nowMs - keypair.createdAtMs >= rekeyAfterMs) this.#startHandshake(nowMs);
  }

  #sendKeepalive(nowMs: number): void {
    this.#keepaliveAtMs = NEVER;
    this.#postponePersistentKeepalive(nowMs);
    const keypair = this.#usableKeypair(nowMs);
    if (keypair !== null) this.#transmit(keypair, KEEPALIVE, nowMs);
    else if (this.#timers.persistentKeepaliveMs > 0) this.#startHandshake(nowMs);
  }

  #receiveData(bytes: Buffer, view: DataView, nowMs: number): boolean {
    const { keepaliveMs, rekeyTimeoutMs, rejectAfterMs } = this.#timers;
    const keypair = this.#keypairs.byLocalIndex(receiverIndex(view, 0, TRANSPORT_DATA));
    if (keypair === null) return this.#refuse('stale');
    const ageMs = nowMs - keypair.createdAtMs;
    if (ageMs >= rejectAfterMs) return this.#refuse('stale');
    const counter = counterHi(view, 0) * 2 ** 32 + counterLo(view, 0);
    const padded = keypair.open(bytes, counter);
    if (padded === null) return this.#refuse('rejected');
    if (!keypair.accept(counter)) return this.#refuse('duplicates');

    this.#answerDueAtMs = NEVER;
    this.#postponePersistentKeepalive(nowMs);
    if (this.#keypairs.confirm(keypair)) this.#enterSession(nowMs);
    // The last chance for a side that only receives: replace the session before the peer can't send any more.
    if (keypair.isInitiator && ageMs >= rejectAfterMs - keepaliveMs - rekeyTimeoutMs)
      this.#startHandshake(nowMs);
    if (padded.length === 0) {
      this.counters.keepalivesReceived++;
      return true;
    }
    if (this.#keepaliveAtMs === NEVER) this.#keepaliveAtMs = nowMs + keepaliveMs;
    const lengthBytes = unpaddedLength(padded);
    if (lengthBytes < 0) {
      this.counters.malformed++;
    } else {
      this.counters.received++;
      this.#options.deliver(padded.subarray(0, lengthBytes));
    }
    return true;
  }

  #receiveInitiation(bytes: Buffer, nowMs: number): boolean {
    if (!hasValidMac1(this.#ownMac1Key, bytes)) return this.#refuse('rejected');
    const initiation = consumeInitiation(this.#parties, bytes);
    if (initiation === null) return this.#refuse('rejected');
    if (Buffer.compare(initiation.timestamp, this.#lastTimestampSeen) <= 0) return this.#refuse('duplicates');
    const response = createResponse(this.#parties, initiation, this.#freeIndex());
    if (response === null) return this.#refuse('rejected');
    this.#lastTimestampSeen = initiation.timestamp;
    this.#answerDueAtMs = NEVER;
    this.#keypairs.addResponded(new Keypair(response.keys, nowMs));
    this.#macs.stamp(response.message, response.keys.localIndex, nowMs);
    this.#options.transmit(response.message);
    return true;
  }

  #receiveResponse(bytes: Buffer, view: DataView, nowMs: number): boolean {
    const pending = this.#pending;
    if (pending === null || receiverIndex(view, 0, HANDSHAKE_RESPONSE) !== pending.localIndex) {
      return this.#refuse('stale');
    }
    let keys: SessionKeys | null = null;
    if (hasValidMac1(this.#ownMac1Key, bytes)) keys = consumeResponse(this.#parties, pending, bytes);
    if (keys === null) return this.#refuse('rejected');
    this.#pending = null;
    this.#answerDueAtMs = NEVER;
    const keypair = new Keypair(keys, nowMs);
    this.#keypairs.addInitiated(keypair);
    // The responder may send under this session only after it has had a packet under it.
    if (this.#queue.length === 0) this.#transmit(keypair, KEEPALIVE, nowMs);
    this.#enterSession(nowMs);
    return true;
  }

  #enterSession(nowMs: number): void {
    this.counters.handshakes++;
    this.#attemptSinceMs = NEVER;
    const keypair = this.#usableKeypair(nowMs);
    if (keypair === null) return;
    const queue = this.#queue;
    this.#queue = [];
    for (const packet of queue) this.#transmit(keypair, packet, nowMs);
  }

  #startHandshake(nowMs: number): void {
    if (this.#attemptSinceMs === NEVER) this.#attemptSinceMs = nowMs;
    this.#continueHandshake(nowMs);
  }

  #continueHandshake(nowMs: number): void {
    if (this.#attemptSinceMs === NEVER || nowMs < this.#nextInitiationAtMs) return;
    if (nowMs - this.#attemptSinceMs >= this.#timers.rekeyAttemptMs) {
      this.#attemptSinceMs = NEVER;
      this.counters.queueDropped += this.#queue.length;
      this.#queue = [];
      return;
    }
    this.#nextInitiationAtMs = nowMs + this.#timers.rekeyTimeoutMs + this.#jitterMs();
    let timestamp = tai64n(nowMs);
    if (Buffer.compare(timestamp, this.#lastTimestampSent) <= 0)
      timestamp = nextTai64n(this.#lastTimestampSent);
    this.#lastTimestampSent = timestamp;
    const pending = createInitiation(this.#parties, this.#freeIndex(), timestamp);
    this.#pending = pending;
    this.#macs.stamp(pending.message, pending.localIndex, nowMs);
    this.counters.initiationsSent++;
    this.#options.transmit(pending.message);
  }

  #refuse(counter: 'stale' | 'rejected' | 'duplicates'): false {
    this.counters[counter]++;
    return false;
  }

  #freeIndex(): number {
    const index = randomBytes(4).readInt32LE();
    const isTaken = this.#pending?.localIndex === index || this.#keypairs.byLocalIndex(index) !== null;
    return isTaken ? this.#freeIndex() : index;
  }

  #postponePersistentKeepalive(nowMs: number): void {
    const { persistentKeepaliveMs } = this.#timers;
    if (persistentKeepaliveMs > 0) this.#persistentAtMs = nowMs + persistentKeepaliveMs;
  }

  #jitterMs(): number {
    return Math.random() * this.#timers.jitterMs;
  }
}
