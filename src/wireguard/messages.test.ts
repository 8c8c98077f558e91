import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COOKIE_REPLY,
  counterHi,
  counterLo,
  HANDSHAKE_INITIATION,
  HANDSHAKE_RESPONSE,
  messageType,
  NOT_WIREGUARD,
  receiverIndex,
  senderIndex,
  TRANSPORT_DATA,
} from './messages.ts';

const SHAPES = [
  { type: HANDSHAKE_INITIATION, fits: (length: number) => length === 148 },
  { type: HANDSHAKE_RESPONSE, fits: (length: number) => length === 92 },
  { type: COOKIE_REPLY, fits: (length: number) => length === 64 },
  { type: TRANSPORT_DATA, fits: (length: number) => length >= 32 },
];

function viewOf(type: number, lengthBytes: number): DataView {
  const view = new DataView(new ArrayBuffer(lengthBytes));
  if (lengthBytes > 0) view.setUint8(0, type);
  return view;
}

describe('messageType()', () => {
  for (const { type, fits } of SHAPES) {
    it(`takes type ${type} at its own lengths and at no other up to 1,500`, () => {
      for (let length = 0; length <= 1500; length++) {
        expect(messageType(viewOf(type, length), 0, length)).toBe(fits(length) ? type : NOT_WIREGUARD);
      }
    });
  }

  it('takes a full packet of a tunnel with MTU 1,420, whose padding the MTU cuts short', () => {
    expect(messageType(viewOf(4, 1452), 0, 1452)).toBe(TRANSPORT_DATA);
  });

  it('refuses every other type, and any reserved byte that is set', () => {
    for (const length of [32, 64, 92, 148]) {
      for (let type = 0; type < 256; type++) {
        const view = viewOf(type, length);
        if (type === 0 || type > 4) expect(messageType(view, 0, length)).toBe(NOT_WIREGUARD);
        for (const reserved of [1, 2, 3]) {
          view.setUint8(reserved, 1);
          expect(messageType(view, 0, length)).toBe(NOT_WIREGUARD);
          view.setUint8(reserved, 0);
        }
      }
    }
  });

  it('never throws, wherever offset and length point', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer(), fc.integer(), (bytes, offset, length) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const type = messageType(view, offset, length);
        expect([0, 1, 2, 3, 4]).toContain(type);
        if (type !== NOT_WIREGUARD) expect(offset + length).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});

describe('header fields', () => {
  it('read back what was written, at any offset', () => {
    const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(fc.nat(100), u32, u32, u32, (offset, first, second, third) => {
        const view = new DataView(new ArrayBuffer(offset + 148));
        view.setUint32(offset + 4, first, true);
        view.setUint32(offset + 8, second, true);
        view.setUint32(offset + 12, third, true);
        expect(senderIndex(view, offset)).toBe(first | 0);
        expect(receiverIndex(view, offset, HANDSHAKE_RESPONSE)).toBe(second | 0);
        expect(receiverIndex(view, offset, COOKIE_REPLY)).toBe(first | 0);
        expect(receiverIndex(view, offset, TRANSPORT_DATA)).toBe(first | 0);
        expect(counterLo(view, offset)).toBe(second);
        expect(counterHi(view, offset)).toBe(third);
      }),
    );
  });
});
