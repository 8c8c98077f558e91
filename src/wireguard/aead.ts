/**
 * ChaCha20-Poly1305 as the protocol uses it: tag behind the ciphertext, failure as null instead of a throw.
 * Source: RFC 8439 section 2.8; WireGuard white paper section 5.4 (nonce: 4 zero bytes, counter little-endian).
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';

/** Bytes that sealing adds. */
export const TAG_BYTES = 16;

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_BYTES };

// Reused for every packet of every endpoint: OpenSSL copies the nonce before createCipheriv() returns.
const nonce = Buffer.alloc(12);

/** The nonce for a packet counter below 2^53. Valid until the next call. */
export function counterNonce(counter: number): Uint8Array {
  nonce.writeUInt32LE(counter % 2 ** 32, 4);
  nonce.writeUInt32LE(Math.floor(counter / 2 ** 32), 8);
  return nonce;
}

/** Encrypts `plain` into `target` at `offset`: as many bytes, and the tag of 16 bytes behind them. */
export function sealInto(
  target: Uint8Array,
  offset: number,
  key: Uint8Array,
  iv: Uint8Array,
  plain: Uint8Array,
  associated?: Uint8Array,
): void {
  const cipher = createCipheriv(CIPHER, key, iv, OPTIONS);
  if (associated !== undefined) cipher.setAAD(associated, { plaintextLength: plain.length });
  if (plain.length > 0) target.set(cipher.update(plain), offset);
  cipher.final();
  target.set(cipher.getAuthTag(), offset + plain.length);
}

/** Decrypts ciphertext with its tag behind it; null when it isn't authentic. The result is the caller's. */
export function open(
  key: Uint8Array,
  iv: Uint8Array,
  sealed: Uint8Array,
  associated?: Uint8Array,
): Buffer | null {
  const plainBytes = sealed.length - TAG_BYTES;
  if (plainBytes < 0) return null;
  const decipher = createDecipheriv(CIPHER, key, iv, OPTIONS);
  if (associated !== undefined) decipher.setAAD(associated, { plaintextLength: plainBytes });
  decipher.setAuthTag(sealed.subarray(plainBytes));
  const plain = decipher.update(sealed.subarray(0, plainBytes));
  try {
    decipher.final();
  } catch {
    // The only failure that final() has: the tag doesn't match. Somebody forged or damaged the message.
    return null;
  }
  return plain;
}
