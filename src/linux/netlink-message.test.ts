import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attribute, message, u32 } from '../../test/netlink-samples.ts';
import { parseAddress } from './netlink-address.ts';
import { parseLink } from './netlink-link.ts';
import { readText, readUint32, splitAttributes, splitMessages } from './netlink-message.ts';

describe('splitMessages()', () => {
  test('gives type, flags, sequence and payload of each message, over the padding', () => {
    const datagram = new Uint8Array([
      ...message(16, 2, 7, [1, 2, 3, 4, 5]),
      ...message(3, 0, 8, [9, 9, 9, 9]),
    ]);
    expect(splitMessages(datagram)).toEqual([
      { type: 16, flags: 2, sequence: 7, payload: new Uint8Array([1, 2, 3, 4, 5]) },
      { type: 3, flags: 0, sequence: 8, payload: new Uint8Array([9, 9, 9, 9]) },
    ]);
  });

  test.each([
    ['zero', 0],
    ['shorter than the header', 15],
    ['longer than the datagram', 21],
    ['the largest', 0xffff_ffff],
  ])('stops at a length that is %s', (_, length) => {
    const bad = message(16, 0, 1, [1, 2, 3, 4]);
    bad.splice(0, 4, ...u32(length));
    expect(splitMessages(new Uint8Array(bad))).toEqual([]);
    const good = message(16, 0, 1, []);
    expect(splitMessages(new Uint8Array([...good, ...bad]))).toHaveLength(1);
  });

  test('gives whole messages only, of a datagram cut anywhere', () => {
    const datagram = new Uint8Array([...message(1, 0, 0, [1, 2, 3, 4]), ...message(2, 0, 0, [5, 6, 7, 8])]);
    for (let length = 0; length <= datagram.length; length++) {
      expect(splitMessages(datagram.subarray(0, length))).toHaveLength(Math.floor(length / 20));
    }
  });
});

describe('splitAttributes()', () => {
  test('gives values by type without the nested flag, over the padding', () => {
    const bytes = new Uint8Array([...attribute(0x8003, [1, 2, 3]), ...attribute(4, [])]);
    expect([...splitAttributes(bytes)]).toEqual([
      [3, new Uint8Array([1, 2, 3])],
      [4, new Uint8Array()],
    ]);
  });

  test.each([0, 3, 9, 0xffff])('stops at the length %i', (length) => {
    const bytes = new Uint8Array(attribute(3, [1, 2, 3, 4]));
    bytes.set([length & 0xff, length >> 8]);
    expect(splitAttributes(bytes).size).toBe(0);
  });
});

test('readText() and readUint32() take what is cut short for what is left of it', () => {
  expect(readText(new TextEncoder().encode('eth0\0junk'))).toBe('eth0');
  expect(readText(new TextEncoder().encode('eth0'))).toBe('eth0');
  expect(readText(new Uint8Array([0]))).toBeUndefined();
  expect(readText(undefined)).toBeUndefined();
  expect(readUint32(new Uint8Array([1, 0, 0]))).toBeUndefined();
  expect(readUint32(new Uint8Array([1, 0, 0, 0]))).toBe(1);
});

test('no bytes at all make a parser throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
      for (const { payload } of splitMessages(bytes)) splitAttributes(payload);
      parseLink(bytes);
      parseAddress(bytes);
    }),
    { numRuns: 2000 },
  );
});
