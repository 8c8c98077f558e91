/**
 * Datagrams on their way through the relay: what a socket engine received in one go, and what the relay
 * core decided about each. Columns of numbers, filled and emptied again and again, never re-allocated.
 * The engine owns a batch and its bytes; the core may read and decide during a call, and keeps nothing.
 */
import { ADDRESS_WORDS } from './address.ts';

/** The core's decision not to pass a datagram on. Every other value of `to` is a session, or `ELSEWHERE`. */
export const DROP = -1;
/** Another packet loop of this server decides: `loop`, and `told` what it is told of the datagram's session. */
export const ELSEWHERE = -2;
/** A source address the core has no path for. */
export const UNKNOWN_PATH = -1;

/**
 * How much an engine sets aside for the core: 600 ms (a satellite's lag) at 200 Mb/s. Memory that is never
 * written costs nothing.
 */
export const KEEP_BYTES = 16 << 20;

export class Batch {
  /** The memory that `offset` points into. */
  readonly bytes: Buffer;
  readonly view: DataView;
  /** Part of that memory that the engine leaves to the core, to keep copies of datagrams in. */
  readonly keepOffset: number;
  readonly keepBytes: number;
  /**
   * When it came, in Unix milliseconds, set by the engine before the core decides. Functions on the way are given the
   * batch, not this number: a fraction is an object for each call of a function that V8 does not inline.
   */
  nowMs = 0;
  /** Datagrams in the batch: entries 0 to count - 1 are valid. */
  count = 0;
  /** Where each datagram starts in `bytes`, and its length in bytes. */
  readonly offset: Int32Array;
  readonly length: Int32Array;
  /** Which received message each datagram came in: receive offload puts many datagrams into one. */
  readonly message: Int32Array;
  /** Decision per datagram, written by the core: a session, `DROP` or `ELSEWHERE`. */
  readonly to: Int32Array;
  /** With `ELSEWHERE`: the packet loop that decides. */
  readonly loop: Uint8Array;
  /** The session that one loop tells another of a datagram, -1: it knows none. Read only where `isHanded`. */
  readonly told: Int32Array;
  /** The whole batch came from another packet loop. */
  isHanded = false;
  /** Per message: the path it came on, or `UNKNOWN_PATH` for the core to fill in from `source`. */
  readonly path: Int32Array;
  /** Per message: the sender's address, `ADDRESS_WORDS` words; unset where `path` was known. */
  readonly source: Uint32Array;

  /** @param keepOffset where in `bytes` the core's part begins; it reaches to the end */
  constructor(bytes: Uint8Array, capacity: number, messageCapacity: number, keepOffset = bytes.length) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.keepOffset = keepOffset;
    this.keepBytes = bytes.length - keepOffset;
    this.offset = new Int32Array(capacity);
    this.length = new Int32Array(capacity);
    this.message = new Int32Array(capacity);
    this.to = new Int32Array(capacity);
    this.loop = new Uint8Array(capacity);
    this.told = new Int32Array(capacity);
    this.path = new Int32Array(messageCapacity);
    this.source = new Uint32Array(messageCapacity * ADDRESS_WORDS);
  }

  /** The same batch, come at `nowMs`. */
  at(nowMs: number): this {
    this.nowMs = nowMs;
    return this;
  }

  get capacity(): number {
    return this.offset.length;
  }
}
