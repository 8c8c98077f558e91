import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../simnet/random.ts';
import { corrupted, udpAt, udpChecksum } from './frames.ts';

/** From 10.77.3.1:1000 to 10.77.3.2:59402. */
function frameOf(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(42 + payload.length);
  frame.writeUInt16BE(0x0800, 12);
  frame[14] = 0x45;
  frame[23] = 17;
  frame.set([10, 77, 3, 1, 10, 77, 3, 2], 26);
  frame.writeUInt16BE(1000, 34);
  frame.writeUInt16BE(59402, 36);
  frame.writeUInt16BE(8 + payload.length, 38);
  frame.set(payload, 42);
  frame.writeUInt16BE(udpChecksum(frame, 34), 40);
  return frame;
}

/** From fd77:3::1, port 1000, to fd77:3::2, port 59402. */
function ipv6FrameOf(payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(62 + payload.length);
  frame.writeUInt16BE(0x86dd, 12);
  frame[14] = 0x60;
  frame[20] = 17;
  for (const [at, host] of [
    [22, 1],
    [38, 2],
  ] as const) {
    frame.set([0xfd, 0x77, 0, 3], at);
    frame[at + 15] = host;
  }
  frame.writeUInt16BE(1000, 54);
  frame.writeUInt16BE(59402, 56);
  frame.writeUInt16BE(8 + payload.length, 58);
  frame.set(payload, 62);
  frame.writeUInt16BE(udpChecksum(frame, 54), 60);
  return frame;
}

describe('udpAt()', () => {
  const good = frameOf(Buffer.from('hello'));
  const changed = (at: number, value: number) => {
    const frame = Buffer.from(good);
    frame[at] = value;
    return frame;
  };
  test.each([
    ['UDP', good, 34],
    ['ARP', changed(13, 6), -1],
    ['TCP', changed(23, 6), -1],
    ['a fragment', changed(21, 1), -1],
    ['a first fragment', changed(20, 0x20), -1],
    ['UDP over IPv6', ipv6FrameOf(Buffer.from('hello')), 54],
    ['a neighbour of IPv6', ipv6FrameOf(Buffer.from('hello')).fill(58, 20, 21), -1],
  ])('of %s', (_, frame, at) => {
    expect(udpAt(frame)).toBe(at);
  });

  test.each([...Array(42).keys()])('of a frame cut to %i bytes finds nothing', (length) => {
    expect(udpAt(good.subarray(0, length))).toBe(-1);
  });

  test.each([...Array(62).keys()])('of a frame of IPv6 cut to %i bytes finds nothing', (length) => {
    expect(udpAt(ipv6FrameOf(Buffer.from('hello')).subarray(0, length))).toBe(-1);
  });
});

describe('udpChecksum()', () => {
  test('is the complement of the words summed with carry', () => {
    const frame = frameOf(Buffer.from('hi'));
    frame.set([10, 77, 0, 1, 10, 77, 0, 2], 26);
    frame.writeUInt16BE(40000, 34);
    frame.writeUInt16BE(0, 40);
    // Worked out apart: 0a4d 0001 0a4d 0002 0011 000a, then 9c40 e80a 000a 0000 6869.
    expect(udpChecksum(frame, 34)).toBe(0xfe88);
  });

  test('is taken over the longer addresses of IPv6', () => {
    const frame = ipv6FrameOf(Buffer.from('hi'));
    frame.writeUInt16BE(0, 60);
    // Worked out apart: fd77 0003 0001 fd77 0003 0002 0011 000a, then 03e8 e80a 000a 0000 6869.
    expect(udpChecksum(frame, 54)).toBe(0xb085);
  });
});

describe('corrupted()', () => {
  test('changes the payload and nothing else, with a checksum that is right', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 1_500 }), fc.nat(), (payload, seed) => {
        const frame = frameOf(payload);
        const before = Buffer.from(frame);
        const copy = corrupted(frame, 34, new Random(seed));
        expect(frame).toEqual(before);
        expect(copy.subarray(0, 40)).toEqual(frame.subarray(0, 40));
        const stated = copy.readUInt16BE(40);
        copy.writeUInt16BE(0, 40);
        expect(stated).toBe(udpChecksum(copy, 34));
        const changes = [...copy.subarray(42)].filter((byte, index) => byte !== payload[index]).length;
        expect(changes).toBeLessThanOrEqual(4);
      }),
      { numRuns: 100 },
    );
  });
});
