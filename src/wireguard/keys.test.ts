import { describe, expect, it } from 'vitest';
import { generateKeyPair, privateKeyObject, publicKeyOf, sharedSecret } from './keys.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

// RFC 7748, section 6.1.
const alicePrivate = hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a');
const alicePublic = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
const bobPrivate = hex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
const bobPublic = hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
const secret = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';

describe('publicKeyOf()', () => {
  it("derives RFC 7748's public keys", () => {
    expect(publicKeyOf(alicePrivate)).toEqual(alicePublic);
    expect(publicKeyOf(bobPrivate)).toEqual(bobPublic);
  });

  it('names the length of what is no key', () => {
    expect(() => publicKeyOf(new Uint8Array(31))).toThrow(
      'Cannot use privateKey of 31 bytes: a WireGuard key has 32 bytes',
    );
  });
});

describe('generateKeyPair()', () => {
  it('gives clamped private keys, all different', () => {
    const pairs = Array.from({ length: 50 }, generateKeyPair);
    for (const { privateKey, publicKey } of pairs) {
      expect(privateKey[0]! & 7).toBe(0);
      expect(privateKey[31]! >> 6).toBe(1);
      expect(publicKeyOf(privateKey)).toEqual(publicKey);
    }
    expect(new Set(pairs.map((pair) => Buffer.from(pair.publicKey).toString('hex'))).size).toBe(50);
  });
});

describe('sharedSecret()', () => {
  it("is RFC 7748's from both sides", () => {
    const fromAlice = sharedSecret(privateKeyObject(alicePrivate), bobPublic);
    const fromBob = sharedSecret(privateKeyObject(bobPrivate), alicePublic);
    expect(Buffer.from(fromAlice!).toString('hex')).toBe(secret);
    expect(fromBob).toEqual(fromAlice);
  });

  it('is null for public keys of low order', () => {
    const one = new Uint8Array(32);
    one[0] = 1;
    expect(sharedSecret(privateKeyObject(alicePrivate), new Uint8Array(32))).toBeNull();
    expect(sharedSecret(privateKeyObject(alicePrivate), one)).toBeNull();
  });
});
