/**
 * mac1: the check that an initiation or response was made by somebody who knows the receiver's public key.
 * A relay that knows the server's public key turns strangers away with it. Replays pass: the bytes are genuine.
 * Source: WireGuard white paper, sections 5.4.4 and 5.3.
 */

import { timingSafeEqual } from 'node:crypto';
import { blake2s } from '@noble/hashes/blake2.js';
import { HANDSHAKE_INITIATION_BYTES, HANDSHAKE_RESPONSE_BYTES, MAC_BYTES } from './messages.ts';

const LABEL_MAC1 = Buffer.from('mac1----', 'ascii');

/** The key (32 bytes) for mac1 of messages *to* the holder of this public key (32 bytes). Compute once, keep. */
export function mac1KeyOf(publicKey: Uint8Array): Uint8Array {
  return blake2s.create({ dkLen: 32 }).update(LABEL_MAC1).update(publicKey).digest();
}

/** The mac1 (16 bytes) that belongs into this whole initiation or response; its own MAC fields are not read. */
export function mac1Of(mac1Key: Uint8Array, message: Uint8Array): Uint8Array {
  return keyedMac(mac1Key, message.subarray(0, message.length - 2 * MAC_BYTES));
}

/** Whether this is as long as an initiation or response and its mac1 is right for the key. Never throws. */
export function hasValidMac1(mac1Key: Uint8Array, message: Uint8Array): boolean {
  if (message.length !== HANDSHAKE_INITIATION_BYTES && message.length !== HANDSHAKE_RESPONSE_BYTES)
    return false;
  const end = message.length - MAC_BYTES;
  return timingSafeEqual(mac1Of(mac1Key, message), message.subarray(end - MAC_BYTES, end));
}

/** BLAKE2s with a key of 16 or 32 bytes and a result of 16 bytes (RFC 7693), the protocol's MAC. */
export function keyedMac(key: Uint8Array, input: Uint8Array): Uint8Array {
  return blake2s(input, { key, dkLen: MAC_BYTES });
}
