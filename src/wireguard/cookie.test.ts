import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sealInto } from './aead.ts';
import { cookieKeyOf, HandshakeMacs, xChaChaParameters } from './cookie.ts';
import { hChaCha20 } from './hchacha20.ts';
import { keyedMac } from './mac1.ts';

const peerPublicKey = randomBytes(32);
const cookie = randomBytes(16);

function replyTo(message: Buffer, index: number): Buffer {
  const reply = Buffer.alloc(64);
  reply[0] = 3;
  reply.writeUInt32LE(index, 4);
  reply.set(randomBytes(24), 8);
  const { key, iv } = xChaChaParameters(cookieKeyOf(peerPublicKey), reply.subarray(8, 32));
  sealInto(reply, 32, key, iv, cookie, message.subarray(116, 132));
  return reply;
}

describe('hChaCha20()', () => {
  it("gives the draft's derived key (draft-irtf-cfrg-xchacha-03, section 2.2.1)", () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => index);
    const nonce = Buffer.from('000000090000004a0000000031415927', 'hex');
    expect(Buffer.from(hChaCha20(key, nonce)).toString('hex')).toBe(
      '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc',
    );
  });
});

describe('HandshakeMacs', () => {
  it('leaves mac2 zero without a cookie, fills it with one, and forgets the cookie after two minutes', () => {
    const macs = new HandshakeMacs(peerPublicKey);
    const message = randomBytes(148);
    message.fill(0, 132);
    macs.stamp(message, 7, 0);
    expect(message.subarray(132)).toEqual(Buffer.alloc(16));

    expect(macs.consumeReply(replyTo(message, 7), 1000)).toBe(true);
    macs.stamp(message, 7, 2000);
    expect(message.subarray(132)).toEqual(Buffer.from(keyedMac(cookie, message.subarray(0, 132))));

    message.fill(0, 132);
    macs.stamp(message, 7, 121_000);
    expect(message.subarray(132)).toEqual(Buffer.alloc(16));
  });

  it('refuses replies before any message, to another index, to another message, and damaged ones', () => {
    const macs = new HandshakeMacs(peerPublicKey);
    const message = randomBytes(148);
    expect(macs.consumeReply(replyTo(message, 0), 0)).toBe(false);
    macs.stamp(message, 7, 0);
    const reply = replyTo(message, 7);
    expect(macs.consumeReply(replyTo(message, 8), 0)).toBe(false);
    expect(macs.consumeReply(replyTo(randomBytes(148), 7), 0)).toBe(false);
    for (const byte of [8, 31, 32, 47, 48, 63]) {
      reply[byte]! ^= 1;
      expect(macs.consumeReply(reply, 0)).toBe(false);
      reply[byte]! ^= 1;
    }
    expect(macs.consumeReply(reply, 0)).toBe(true);
  });
});
