import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { shortenTimeSlice, timeSliceNs } from './time-slice.ts';

const [major = 0, minor = 0] = release().split('.').map(Number);
const hasSlices = process.platform === 'linux' && (major > 6 || (major === 6 && minor >= 12));

describe.skipIf(process.platform !== 'linux')('shortenTimeSlice() (needs Linux)', () => {
  it('is refused by no kernel', () => {
    expect(shortenTimeSlice()).toBe(0);
  });

  it.skipIf(!hasSlices)('gives this thread slices of 0.1 ms (needs Linux 6.12)', () => {
    shortenTimeSlice();
    expect(timeSliceNs()).toBe(100_000);
  });
});
