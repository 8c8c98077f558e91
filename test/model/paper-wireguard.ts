/**
 * WireGuard on paper: real headers, indices, counters and mac1, key pairs that follow each other as in the white
 * paper (section 5.4), but no cryptography: who made a datagram, and for whom, is written beside its bytes. So a
 * schedule runs in a millisecond, and always the same way. When something is sent is left to the schedule.
 */
import {
  COOKIE_REPLY,
  HANDSHAKE_INITIATION,
  HANDSHAKE_RESPONSE,
  mac1Of,
  TRANSPORT_DATA,
} from '../../src/wireguard/index.ts';

/** A datagram anywhere in the model. Two are the same when their ids are. */
export interface Datagram {
  readonly bytes: Buffer;
  /** The bytes as a string. */
  readonly id: string;
  /** Absent: forged. */
  readonly made?: Made;
}

interface Made {
  readonly type: number;
  readonly to: PaperPeer;
  /** Grows with every datagram: a handshake's timestamp. */
  readonly order: number;
  /** The sender's index for a handshake, the receiver's for data. */
  readonly index: number;
}

interface KeyPair {
  readonly mine: number;
  readonly theirs: number;
  readonly bornMs: number;
  counter: bigint;
  readonly seen: Set<string>;
}

const REJECT_AFTER_MS = 180_000;
/** Odd, so that multiplying by it, modulo 2^32, gives no two numbers the same product; it only spreads them. */
const SPREAD = 0x9e3779b1;

export function datagramOf(bytes: Buffer, made?: Made): Datagram {
  const id = bytes.toString('latin1');
  return made === undefined ? { bytes, id } : { bytes, id, made };
}

/** What all peers of a schedule share: the clock, and numbers that are never given twice. */
export class Paper {
  readonly nowMs: () => number;
  readonly mac1Key: Uint8Array | undefined;
  #order = 0;
  #indices = 0;

  constructor(nowMs: () => number, mac1Key: Uint8Array | undefined) {
    this.nowMs = nowMs;
    this.mac1Key = mac1Key;
  }

  order(): number {
    return ++this.#order;
  }

  index(): number {
    return Math.imul(++this.#indices, SPREAD) >>> 0;
  }
}

/** One side of a tunnel. */
export class PaperPeer {
  /** Set once by whoever makes the two sides. */
  other!: PaperPeer;
  transmit: (datagram: Datagram) => void = () => {};
  /** Authentic data packets that were new to it. */
  readonly got = new Set<string>();
  readonly #paper: Paper;
  #pending = 0;
  #latest = 0;
  #previous: KeyPair | undefined;
  #current: KeyPair | undefined;
  #next: KeyPair | undefined;

  constructor(paper: Paper) {
    this.#paper = paper;
  }

  get isReady(): boolean {
    return this.#current !== undefined && this.#isFresh(this.#current);
  }

  /** Keys and memory of the past are gone. */
  restart(): void {
    this.#pending = 0;
    this.#latest = 0;
    this.#previous = this.#current = this.#next = undefined;
  }

  initiate(): void {
    const { mac1Key } = this.#paper;
    this.#pending = this.#paper.index();
    const bytes = this.#handshake(HANDSHAKE_INITIATION, 148, this.#pending);
    if (mac1Key !== undefined) bytes.set(mac1Of(mac1Key, bytes), 116);
    this.#emit(bytes, HANDSHAKE_INITIATION, this.#pending);
  }

  /** Sends data, or asks for keys when it has none. Returns what it sent. */
  send(lengthBytes: number): Datagram {
    const pair = this.#current;
    if (pair === undefined || !this.#isFresh(pair)) {
      this.initiate();
      return datagramOf(Buffer.alloc(0));
    }
    const bytes = Buffer.alloc(Math.max(lengthBytes, 32), 0xa5);
    bytes.writeUInt32LE(TRANSPORT_DATA, 0);
    bytes.writeUInt32LE(pair.theirs, 4);
    bytes.writeBigUInt64LE(pair.counter++, 8);
    return this.#emit(bytes, TRANSPORT_DATA, pair.theirs);
  }

  /** A busy WireGuard answers an initiation with a cookie only, whoever sent it. */
  cookieFor(initiation: Buffer): Datagram {
    const bytes = Buffer.alloc(64, 0xc0);
    bytes.writeUInt32LE(COOKIE_REPLY, 0);
    bytes.writeUInt32LE(initiation.readUInt32LE(4), 4);
    bytes.writeUInt32LE(this.#paper.order(), 8);
    return datagramOf(bytes);
  }

  /** Whether WireGuard would call it authentic and new, and so follow its sender. `beforeReply` runs in between. */
  receive({ made, id, bytes }: Datagram, beforeReply: () => void): boolean {
    if (made?.to !== this) return false;
    if (made.type === HANDSHAKE_INITIATION) {
      if (made.order <= this.#latest) return false;
      this.#latest = made.order;
      beforeReply();
      this.#respond(made.index);
      return true;
    }
    if (made.type === HANDSHAKE_RESPONSE) {
      if (bytes.readUInt32LE(8) !== this.#pending || this.#pending === 0) return false;
      beforeReply();
      // As the initiator: what waits for its first packet may still be used by the other side.
      this.#previous = this.#next ?? this.#current;
      this.#current = this.#pairWith(this.#pending, made.index);
      this.#next = undefined;
      this.#pending = 0;
      this.send(32);
      return true;
    }
    if (made.type !== TRANSPORT_DATA) return false;
    const pair = [this.#current, this.#previous, this.#next].find((it) => it?.mine === made.index);
    if (pair === undefined || !this.#isFresh(pair) || pair.seen.has(id)) return false;
    pair.seen.add(id);
    this.got.add(id);
    beforeReply();
    if (pair !== this.#next) return true;
    this.#previous = this.#current;
    this.#current = pair;
    this.#next = undefined;
    return true;
  }

  #respond(theirs: number): void {
    const mine = this.#paper.index();
    this.#next = this.#pairWith(mine, theirs);
    this.#previous = undefined;
    const bytes = this.#handshake(HANDSHAKE_RESPONSE, 92, mine);
    bytes.writeUInt32LE(theirs, 8);
    this.#emit(bytes, HANDSHAKE_RESPONSE, mine);
  }

  #pairWith(mine: number, theirs: number): KeyPair {
    return { mine, theirs, bornMs: this.#paper.nowMs(), counter: 0n, seen: new Set() };
  }

  #isFresh({ bornMs }: KeyPair): boolean {
    return this.#paper.nowMs() - bornMs < REJECT_AFTER_MS;
  }

  #handshake(type: number, lengthBytes: number, index: number): Buffer {
    const bytes = Buffer.alloc(lengthBytes, 0x5a);
    bytes.writeUInt32LE(type, 0);
    bytes.writeUInt32LE(index, 4);
    return bytes;
  }

  #emit(bytes: Buffer, type: number, index: number): Datagram {
    const order = this.#paper.order();
    const datagram = datagramOf(bytes, { type, to: this.other, order, index });
    this.transmit(datagram);
    return datagram;
  }
}
