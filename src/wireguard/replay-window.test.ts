import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPLAY_WINDOW_PACKETS, ReplayWindow } from './replay-window.ts';

const W = REPLAY_WINDOW_PACKETS;

// One window, in this order. RFC 6479 leaves up to one word (32) more than the promised window open.
const STEPS: [number: number, counter: number, isAccepted: boolean, why: string][] = [
  [1, 0, true, 'the first packet'],
  [2, 0, false, 'its copy'],
  [3, 1, true, 'the next'],
  [4, 1, false, 'its copy'],
  [5, 9, true, 'a gap'],
  [6, 8, true, 'inside the gap'],
  [7, 7, true, 'inside the gap, backwards'],
  [8, 7, false, 'copy of a late one'],
  [9, W, true, 'the far end of the window'],
  [10, W - 1, true, 'one before'],
  [11, W, false, 'copy of the far end'],
  [12, 2, true, 'still inside'],
  [13, 2, false, 'copy'],
  [14, W + 64, true, 'moves the window by two words'],
  [15, 3, false, 'now behind the window'],
  [16, 64, true, 'at the near end'],
  [17, 64, false, 'copy'],
  [18, 2 ** 32 - 1, true, 'a jump to the end of 32 bits'],
  [19, 2 ** 32, true, 'across 32 bits'],
  [20, 2 ** 32 - 2, true, 'late, from before'],
  [21, 2 ** 32 - 2, false, 'copy'],
  [22, W + 64, false, 'far behind'],
  [23, 2 ** 32 - W, true, 'the oldest that must pass'],
  [24, 2 ** 32 - W - 33, false, 'the newest that must not'],
  [25, 2 ** 53 - 1, true, 'the last one'],
  [26, 2 ** 53 - 1, false, 'copy'],
  [27, 2 ** 53, false, 'too large'],
  [28, 2 ** 64 - 1, false, 'too large'],
  [29, 2 ** 53 - 2, true, 'late at the end'],
  [30, -1, false, 'no counter'],
  [31, Number.NaN, false, 'no counter'],
];

describe('ReplayWindow.accept()', () => {
  const window = new ReplayWindow();
  for (const [number, counter, isAccepted, why] of STEPS) {
    it(`${number}: ${isAccepted ? 'takes' : 'refuses'} ${counter}: ${why}`, () => {
      expect(window.accept(counter)).toBe(isAccepted);
    });
  }

  it('takes each counter of a shuffled run inside the window exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(W - 1), { maxLength: 2000 }), fc.nat(2 ** 40), (offsets, base) => {
        const fresh = new ReplayWindow();
        const seen = new Set<number>();
        for (const offset of offsets) {
          expect(fresh.accept(base + offset)).toBe(!seen.has(offset));
          seen.add(offset);
        }
      }),
      { numRuns: 50 },
    );
  });
});
