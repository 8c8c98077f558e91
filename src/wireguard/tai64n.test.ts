import { describe, expect, it } from 'vitest';
import { nextTai64n, tai64n } from './tai64n.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('tai64n()', () => {
  it('counts seconds from 2^62 at 1970, 10 s ahead, then nanoseconds', () => {
    expect(hex(tai64n(0))).toBe('400000000000000a00000000');
    expect(hex(tai64n(1500))).toBe('400000000000000b1dcd6500');
  });

  it('compares as the times do', () => {
    const times = [0, 1, 999.5, 1000, 1_763_822_000_000, 1_763_822_000_000.5, 2 ** 32 * 1000];
    for (let later = 1; later < times.length; later++) {
      expect(Buffer.compare(tai64n(times[later]!), tai64n(times[later - 1]!))).toBe(1);
    }
  });
});

describe('nextTai64n()', () => {
  it('adds a nanosecond, across the second too', () => {
    expect(hex(nextTai64n(tai64n(0)))).toBe('400000000000000a00000001');
    expect(hex(nextTai64n(Buffer.from('40000000ffffffff3b9ac9ff', 'hex')))).toBe('400000010000000000000000');
  });
});
