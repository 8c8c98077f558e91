import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paddedLength, unpaddedLength } from './padding.ts';

function headerBytes(version: number, claimed: number, total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  bytes[0] = version << 4;
  new DataView(bytes.buffer).setUint16(version === 4 ? 2 : 4, claimed);
  return bytes;
}

describe('paddedLength()', () => {
  it('rounds up to 16', () => {
    expect([0, 1, 15, 16, 17, 1420].map(paddedLength)).toEqual([0, 16, 16, 16, 32, 1424]);
  });
});

describe('unpaddedLength()', () => {
  it.each([
    ['IPv4, padded', headerBytes(4, 84, 96), 84],
    ['IPv4, no padding', headerBytes(4, 96, 96), 96],
    ['IPv4, a byte too many', headerBytes(4, 97, 96), -1],
    ['IPv4, shorter than its header', headerBytes(4, 19, 96), -1],
    ['IPv4, cut header', headerBytes(4, 20, 19), -1],
    ['IPv6, padded', headerBytes(6, 8, 64), 48],
    ['IPv6, no payload', headerBytes(6, 0, 48), 40],
    ['IPv6, a byte too many', headerBytes(6, 25, 64), -1],
    ['IPv6, cut header', headerBytes(6, 0, 39), -1],
    ['neither', headerBytes(7, 1, 64), 64],
  ])('%s', (_name, bytes, expected) => {
    expect(unpaddedLength(bytes)).toBe(expected);
  });

  it('never claims more than there is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(unpaddedLength(bytes)).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
