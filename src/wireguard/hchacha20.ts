/**
 * HChaCha20: from a key and 16 bytes of nonce to a new key. The step that makes XChaCha20 of ChaCha20, which
 * OpenSSL, and so node:crypto, lacks. Only cookies need it.
 * Source: draft-irtf-cfrg-xchacha-03, section 2.2; RFC 8439, sections 2.1 to 2.3.
 */

// "expand 32-byte k"
const CONSTANTS = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574];

/** The derived key (32 bytes) of a key (32 bytes) and a nonce (16 bytes). */
export function hChaCha20(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const state = new Uint32Array(16);
  state.set(CONSTANTS);
  const input = Buffer.concat([key, nonce]);
  for (let word = 0; word < 12; word++) state[4 + word] = input.readUInt32LE(4 * word);
  for (let doubleRound = 0; doubleRound < 10; doubleRound++) {
    for (let column = 0; column < 4; column++) {
      quarterRound(state, column, 4 + column, 8 + column, 12 + column);
    }
    for (let diagonal = 0; diagonal < 4; diagonal++) {
      quarterRound(
        state,
        diagonal,
        4 + ((diagonal + 1) % 4),
        8 + ((diagonal + 2) % 4),
        12 + ((diagonal + 3) % 4),
      );
    }
  }
  const output = Buffer.alloc(32);
  for (let word = 0; word < 4; word++) {
    output.writeUInt32LE(state[word]!, 4 * word);
    output.writeUInt32LE(state[12 + word]!, 16 + 4 * word);
  }
  return output;
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  addXorRotate(state, a, b, d, 16);
  addXorRotate(state, c, d, b, 12);
  addXorRotate(state, a, b, d, 8);
  addXorRotate(state, c, d, b, 7);
}

/** target += addend; mixed = (mixed ^ target) rotated left. */
function addXorRotate(state: Uint32Array, target: number, addend: number, mixed: number, bits: number): void {
  state[target] = state[target]! + state[addend]!;
  const word = state[mixed]! ^ state[target]!;
  state[mixed] = (word << bits) | (word >>> (32 - bits));
}
