import { describe, expect, it } from 'vitest';
import { formatBits, formatBytes, formatDuration, formatMs, formatShare } from './units.ts';

describe('units', () => {
  it.each([
    [0, '0 bit/s'],
    [999, '999 bit/s'],
    [999.6, '1.00 kbit/s'],
    [4_310_000, '4.31 Mbit/s'],
    [99_960_000, '100 Mbit/s'],
  ])('formatBits(%d) has three digits', (bits, text) => expect(formatBits(bits)).toBe(text));

  it('formatBytes() goes up to terabytes', () => expect(formatBytes(1.2e15)).toBe('1200 TB'));

  it.each([
    [null, '–'],
    [0, '0\u00a0%'],
    [0.00001, '<0.01\u00a0%'],
    [0.0012, '0.12\u00a0%'],
    [0.123, '12.3\u00a0%'],
    [0.9999, '99.9\u00a0%'],
    [1, '100\u00a0%'],
  ])('formatShare(%d) rounds neither to nothing nor to all', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });

  it.each([
    [119, '119 s'],
    [120, '2 min'],
    [7199, '119 min'],
    [7200, '2 h'],
    [200_000, '2 d'],
  ])('formatDuration(%d)', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [0, '0.0 ms'],
    [1234, '1,234 ms'],
    [12_300, '12.3 s'],
  ])('formatMs(%d)', (ms, text) => expect(formatMs(ms)).toBe(text));
});
