/**
 * The MAC fields of the handshake messages that we send: mac1 always, mac2 while we hold a cookie from the peer,
 * who hands one out when it is under load. Never hands out cookies itself.
 * Source: WireGuard white paper, sections 5.3, 5.4.4 and 5.4.7; draft-irtf-cfrg-xchacha-03, section 2.
 */

import { blake2s } from '@noble/hashes/blake2.js';
import { open } from './aead.ts';
import { hChaCha20 } from './hchacha20.ts';
import { keyedMac, mac1KeyOf, mac1Of } from './mac1.ts';
import { MAC_BYTES } from './messages.ts';

const LABEL_COOKIE = Buffer.from('cookie--', 'ascii');
const NONCE_AT = 8;
const NONCE_BYTES = 24;
const HCHACHA_BYTES = 16;
const RECEIVER_AT = 4;

/** The peer changes its secret every two minutes (white paper section 5.4.7). */
const COOKIE_LIFE_MS = 120_000;

/** MACs for the messages to one peer. */
export class HandshakeMacs {
  readonly #mac1Key: Uint8Array;
  readonly #cookieKey: Uint8Array;
  #cookie: Uint8Array | null = null;
  #cookieAtMs = 0;
  #lastMac1: Uint8Array | null = null;
  #lastIndex = 0;

  constructor(peerPublicKey: Uint8Array) {
    this.#mac1Key = mac1KeyOf(peerPublicKey);
    this.#cookieKey = cookieKeyOf(peerPublicKey);
  }

  /** Fills in both MACs of a message that bears `localIndex` as its sender. */
  stamp(message: Uint8Array, localIndex: number, nowMs: number): void {
    const mac1 = mac1Of(this.#mac1Key, message);
    const mac2At = message.length - MAC_BYTES;
    message.set(mac1, mac2At - MAC_BYTES);
    if (this.#cookie !== null && nowMs - this.#cookieAtMs < COOKIE_LIFE_MS) {
      message.set(keyedMac(this.#cookie, message.subarray(0, mac2At)), mac2At);
    }
    this.#lastMac1 = mac1;
    this.#lastIndex = localIndex;
  }

  /** Keeps the cookie in a reply of the right length; false unless it answers the message stamped last. */
  consumeReply(reply: Buffer, nowMs: number): boolean {
    if (this.#lastMac1 === null || reply.readInt32LE(RECEIVER_AT) !== this.#lastIndex) return false;
    const nonce = reply.subarray(NONCE_AT, NONCE_AT + NONCE_BYTES);
    const { key, iv } = xChaChaParameters(this.#cookieKey, nonce);
    const cookie = open(key, iv, reply.subarray(NONCE_AT + NONCE_BYTES), this.#lastMac1);
    if (cookie === null) return false;
    this.#cookie = cookie;
    this.#cookieAtMs = nowMs;
    return true;
  }
}

/** The key (32 bytes) under which the holder of this public key encrypts its cookies. */
export function cookieKeyOf(publicKey: Uint8Array): Uint8Array {
  return blake2s.create({ dkLen: 32 }).update(LABEL_COOKIE).update(publicKey).digest();
}

/** Key and nonce for ChaCha20-Poly1305 that make it XChaCha20-Poly1305 with a nonce of 24 bytes. */
export function xChaChaParameters(key: Uint8Array, nonce: Uint8Array): { key: Uint8Array; iv: Uint8Array } {
  const iv = new Uint8Array(12);
  iv.set(nonce.subarray(HCHACHA_BYTES, NONCE_BYTES), 4);
  return { key: hChaCha20(key, nonce.subarray(0, HCHACHA_BYTES)), iv };
}
