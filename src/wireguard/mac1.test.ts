import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hasValidMac1, mac1KeyOf, mac1Of } from './mac1.ts';

const publicKey = Uint8Array.from({ length: 32 }, (_, index) => index);
const key = mac1KeyOf(publicKey);

function stamped(lengthBytes: number): Buffer {
  const message = randomBytes(lengthBytes);
  message.set(mac1Of(key, message), lengthBytes - 32);
  return message;
}

describe('mac1KeyOf()', () => {
  it("is OpenSSL's BLAKE2s of label and key", () => {
    const expected = createHash('blake2s256').update('mac1----').update(publicKey).digest('hex');
    expect(Buffer.from(key).toString('hex')).toBe(expected);
  });
});

describe('hasValidMac1()', () => {
  it('passes initiations and responses with the right mac1, whatever mac2 says', () => {
    for (const length of [148, 92]) {
      const message = stamped(length);
      expect(hasValidMac1(key, message)).toBe(true);
      message.fill(7, length - 16);
      expect(hasValidMac1(key, message)).toBe(true);
    }
  });

  it('refuses a message with any bit before mac2 changed', () => {
    const message = stamped(148);
    for (let byte = 0; byte < 132; byte++) {
      message[byte]! ^= 1 << (byte % 8);
      expect(hasValidMac1(key, message)).toBe(false);
      message[byte]! ^= 1 << (byte % 8);
    }
    expect(hasValidMac1(mac1KeyOf(randomBytes(32)), message)).toBe(false);
  });

  it('refuses every other length without a throw', () => {
    const message = stamped(148);
    for (let length = 0; length < 148; length++) {
      expect(hasValidMac1(key, message.subarray(0, length))).toBe(false);
    }
  });
});
