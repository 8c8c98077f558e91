import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LossWindow } from './loss-window.ts';

const KEY = 7;
const sumOf = (window: LossWindow, counters: readonly number[], index = KEY) =>
  counters.reduce((sum, counter) => sum + window.note(0, index, counter), 0);
/** Far enough on that everything before has left the window. */
const flush = (window: LossWindow, from: number) =>
  sumOf(
    window,
    Array.from({ length: 256 }, (_, i) => from + i),
  );

describe('LossWindow', () => {
  it('counts exactly the counters that never came, whatever the order within the window', () => {
    const lost = fc.uniqueArray(fc.integer({ min: 1, max: 598 }), { maxLength: 200 });
    fc.assert(
      fc.property(lost, fc.infiniteStream(fc.nat(30)), (gone, delays) => {
        const window = new LossWindow(1);
        const arriving = Array.from({ length: 600 }, (_, counter) => counter)
          .filter((counter) => !gone.includes(counter))
          .map((counter) => ({ counter, at: counter === 0 ? -1 : counter + (delays.next().value ?? 0) }))
          .sort((a, b) => a.at - b.at)
          .map(({ counter }) => counter);
        expect(sumOf(window, arriving) + flush(window, 600)).toBe(gone.length);
      }),
    );
  });

  it('takes a loss back when the packet comes after it was given up', () => {
    const window = new LossWindow(1);
    expect(sumOf(window, [0, 1, 3]) + flush(window, 4)).toBe(1);
    expect(window.note(0, KEY, 2)).toBe(-1);
  });

  it('does not count what was sent before the first packet seen', () => {
    const window = new LossWindow(1);
    expect(sumOf(window, [5_000_000, 5_000_001]) + flush(window, 5_000_002)).toBe(0);
  });

  it.each([300, 9_000, 50_000, 2 ** 40])(
    'does not believe one counter %d ahead, and goes on where it was',
    (far) => {
      const window = new LossWindow(1);
      expect(sumOf(window, [0, 1, far, 2, 3]) + flush(window, 4)).toBe(0);
    },
  );

  it('believes no two far counters that have nothing to do with each other', () => {
    const window = new LossWindow(1);
    expect(sumOf(window, [0, 1, 5_000, 2, 9_000, 3]) + flush(window, 4)).toBe(0);
  });

  it('believes a jump that goes on from there', () => {
    const window = new LossWindow(1);
    expect(sumOf(window, [0, 1, 50_000, 50_001, 50_002])).toBe(0);
    expect(sumOf(window, [50_004]) + flush(window, 50_005)).toBe(1);
  });

  it('keeps two key pairs apart and forgets the third last', () => {
    const window = new LossWindow(1);
    sumOf(window, [0, 1], 1);
    sumOf(window, [0, 1], 2);
    expect(sumOf(window, [2, 3], 1) + sumOf(window, [2, 3], 2)).toBe(0);
    sumOf(window, [0], 3);
    expect(sumOf(window, [100], 1)).toBe(0);
  });

  it.each([2 ** 53, 2 ** 63, 2 ** 64 - 4096, 2 ** 64])('does not follow counters from %d on', (start) => {
    const window = new LossWindow(1);
    const far = [start, start + 2, start + 2048, start + 4096, start + 6144];
    expect(sumOf(window, [0, 1, ...far, 2, 3]) + flush(window, 4)).toBe(0);
  });

  it('counts a believed jump of many windows like as many single steps', () => {
    const window = new LossWindow(1);
    expect(sumOf(window, [0, 1, 9_001]) + flush(window, 9_002)).toBe(8_999);
    expect(window.note(0, KEY, 9_000)).toBe(-1);
  });

  it('takes counters at 0, 2^32 and 2^53', () => {
    const window = new LossWindow(1);
    for (const start of [0, 2 ** 32 - 1, 2 ** 53 - 3]) {
      expect(sumOf(window, [start, start + 1], start % 1000)).toBe(0);
    }
  });
});
