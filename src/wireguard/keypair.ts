/**
 * One session's transport keys with its counter and replay window: packets in, datagrams out, and back.
 * Which of a peer's sessions to use is keypairs.ts's to say, and when to replace one endpoint.ts's.
 * Source: WireGuard white paper, section 5.4.6.
 */

import { counterNonce, open, sealInto } from './aead.ts';
import type { SessionKeys } from './handshake.ts';
import { TRANSPORT_DATA, TRANSPORT_HEADER_BYTES, TRANSPORT_MIN_BYTES } from './messages.ts';
import { paddedLength } from './padding.ts';
import { ReplayWindow } from './replay-window.ts';

/** The longest packet that still fits into a UDP datagram over IPv4, padded and sealed. */
export const MAX_PACKET_BYTES = 65_472;

// Where packets are padded before they are sealed. Shared: sealing is synchronous and nobody else writes here.
const scratch = Buffer.alloc(MAX_PACKET_BYTES);

/** Transport keys of one completed handshake. */
export class Keypair {
  readonly isInitiator: boolean;
  /** The index in the messages to us. */
  readonly localIndex: number;
  readonly createdAtMs: number;
  readonly #remoteIndex: number;
  readonly #sendKey: Uint8Array;
  readonly #receiveKey: Uint8Array;
  readonly #window = new ReplayWindow();
  #sendCounter = 0;

  constructor(keys: SessionKeys, createdAtMs: number) {
    this.isInitiator = keys.isInitiator;
    this.localIndex = keys.localIndex;
    this.createdAtMs = createdAtMs;
    this.#remoteIndex = keys.remoteIndex;
    this.#sendKey = keys.sendKey;
    this.#receiveKey = keys.receiveKey;
  }

  /** A transport message around the packet (at most MAX_PACKET_BYTES; empty: a keepalive). The caller's to keep. */
  seal(packet: Uint8Array): Buffer {
    const lengthBytes = paddedLength(packet.length);
    let padded = packet;
    if (lengthBytes !== packet.length) {
      scratch.set(packet);
      scratch.fill(0, packet.length, lengthBytes);
      padded = scratch.subarray(0, lengthBytes);
    }
    const counter = this.#sendCounter++;
    const datagram = Buffer.allocUnsafe(TRANSPORT_MIN_BYTES + lengthBytes);
    datagram.writeUInt32LE(TRANSPORT_DATA, 0);
    datagram.writeInt32LE(this.#remoteIndex, 4);
    datagram.writeUInt32LE(counter % 2 ** 32, 8);
    datagram.writeUInt32LE(Math.floor(counter / 2 ** 32), 12);
    sealInto(datagram, TRANSPORT_HEADER_BYTES, this.#sendKey, counterNonce(counter), padded);
    return datagram;
  }

  /** The padded packet in a transport message that bears this counter; null when forged or from 2^53 on. */
  open(datagram: Uint8Array, counter: number): Buffer | null {
    if (!Number.isSafeInteger(counter)) return null;
    return open(this.#receiveKey, counterNonce(counter), datagram.subarray(TRANSPORT_HEADER_BYTES));
  }

  /** Whether this counter, of a message that open() found authentic, is used for the first time. */
  accept(counter: number): boolean {
    return this.#window.accept(counter);
  }
}
