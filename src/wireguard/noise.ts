/**
 * The symmetric state of Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s: chaining key, transcript hash, current key.
 * Knows nothing about messages: handshake.ts feeds it in the order that the pattern prescribes.
 * Source: Noise specification, revision 34, section 5.2; WireGuard white paper, section 5.4.
 */

import { blake2s } from '@noble/hashes/blake2.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { counterNonce, open, sealInto, TAG_BYTES } from './aead.ts';
import { KEY_BYTES } from './keys.ts';

const CONSTRUCTION = Buffer.from('Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s', 'ascii');
const IDENTIFIER = Buffer.from('WireGuard v1 zx2c4 Jason@zx2c4.com', 'ascii');
const EMPTY = new Uint8Array(0);

const INITIAL_CHAINING_KEY = blake2s(CONSTRUCTION);
const INITIAL_HASH = blake2s(Buffer.concat([INITIAL_CHAINING_KEY, IDENTIFIER]));

/** Both sides hold one per handshake; equal inputs in equal order give equal keys. */
export class SymmetricState {
  #chainingKey: Uint8Array = INITIAL_CHAINING_KEY;
  #hash: Uint8Array = INITIAL_HASH;
  #key: Uint8Array = EMPTY;

  /** A copy to try a message on, so that a forged one doesn't spoil the original. */
  clone(): SymmetricState {
    const copy = new SymmetricState();
    copy.#chainingKey = this.#chainingKey;
    copy.#hash = this.#hash;
    copy.#key = this.#key;
    return copy;
  }

  /** Adds bytes to the transcript. */
  mixHash(bytes: Uint8Array): void {
    this.#hash = blake2s.create({ dkLen: KEY_BYTES }).update(this.#hash).update(bytes).digest();
  }

  /** Derives the next chaining key and key from a shared secret, or from an ephemeral public key. */
  mixKey(secret: Uint8Array): void {
    const output = this.#derive(secret, 2);
    this.#chainingKey = output.subarray(0, KEY_BYTES);
    this.#key = output.subarray(KEY_BYTES);
  }

  /** As the pattern's "e" with a preshared key: both into the transcript and into the keys. */
  mixEphemeral(publicKey: Uint8Array): void {
    this.mixHash(publicKey);
    this.mixKey(publicKey);
  }

  /** The pattern's "psk": 32 bytes, zero when there is none. */
  mixPresharedKey(presharedKey: Uint8Array): void {
    const output = this.#derive(presharedKey, 3);
    this.#chainingKey = output.subarray(0, KEY_BYTES);
    this.mixHash(output.subarray(KEY_BYTES, 2 * KEY_BYTES));
    this.#key = output.subarray(2 * KEY_BYTES);
  }

  /** Encrypts into `target` at `offset` and adds the ciphertext to the transcript. */
  sealInto(target: Uint8Array, offset: number, plain: Uint8Array): void {
    sealInto(target, offset, this.#key, counterNonce(0), plain, this.#hash);
    this.mixHash(target.subarray(offset, offset + plain.length + TAG_BYTES));
  }

  /** Decrypts and adds the ciphertext to the transcript; null, and no use for this state, when forged. */
  open(sealed: Uint8Array): Uint8Array | null {
    const plain = open(this.#key, counterNonce(0), sealed, this.#hash);
    if (plain !== null) this.mixHash(sealed);
    return plain;
  }

  /** The two transport keys: the initiator sends with the first and receives with the second. */
  split(): [Uint8Array, Uint8Array] {
    const output = this.#derive(EMPTY, 2);
    return [output.slice(0, KEY_BYTES), output.slice(KEY_BYTES)];
  }

  // The white paper's KDF_n is HKDF (RFC 5869) with the chaining key as salt and no info.
  #derive(input: Uint8Array, keys: number): Uint8Array {
    return hkdf(blake2s, input, this.#chainingKey, EMPTY, keys * KEY_BYTES);
  }
}
