/**
 * X25519 keys as WireGuard keeps them: 32 raw bytes, on top of node:crypto's key objects.
 * Base64, as in configuration files, is left to callers.
 * Source: RFC 7748 (X25519), RFC 8410 section 7 (the fixed DER bytes before a raw key).
 */

import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto';

/** Bytes in a private, public or preshared key. */
export const KEY_BYTES = 32;

const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** Two halves of a static or ephemeral key, 32 bytes each. */
export interface RawKeyPair {
  privateKey: Uint8Array;
  publicKey: Uint8Array;
}

/** A fresh random key pair; the private key is clamped, as `wg genkey` prints it. */
export function generateKeyPair(): RawKeyPair {
  const privateKey = randomBytes(KEY_BYTES);
  privateKey[0]! &= 248;
  privateKey[31] = (privateKey[31]! & 127) | 64;
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}

/** The public key (32 bytes) of a private key. Throws RangeError when that isn't 32 bytes. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKeyObject(privateKey)).export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(SPKI_PREFIX.length));
}

/** node:crypto's object for a raw private key. Throws RangeError when that isn't 32 bytes. */
export function privateKeyObject(privateKey: Uint8Array): KeyObject {
  requireKeyLength('privateKey', privateKey);
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, privateKey]), format: 'der', type: 'pkcs8' });
}

/** X25519 of both keys, or null for a public key of low order, which would give a secret everybody knows. */
export function sharedSecret(privateKey: KeyObject, publicKey: Uint8Array): Uint8Array | null {
  try {
    const key = Buffer.concat([SPKI_PREFIX, publicKey]);
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) });
  } catch {
    // OpenSSL refuses an all-zero result; the peer sent a bad key, and the caller drops its message.
    return null;
  }
}

/** Throws RangeError unless the key called `name` has 32 bytes. */
export function requireKeyLength(name: string, key: Uint8Array): void {
  if (key.length !== KEY_BYTES) {
    throw new RangeError(`Cannot use ${name} of ${key.length} bytes: a WireGuard key has ${KEY_BYTES} bytes`);
  }
}
