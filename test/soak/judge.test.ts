import { describe, expect, test } from 'vitest';
import { lossesOf, settledOf, trendOf } from './judge.ts';
import type { Sample } from './samples.ts';

/** Every 5 s for `minutes`; `change` is of one sample. */
function samples(minutes: number, change: (atS: number, number: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: minutes * 12 }, (_, number) => {
    const level = {
      residentMib: 100,
      heapMib: 20,
      buffersMib: 10,
      descriptors: 120,
      threads: 11,
      resources: 40,
    };
    return { atS: number * 5, ...level, ...change(number * 5, number) };
  });
}

describe('trendOf()', () => {
  test('passes a saw of garbage that leads nowhere', () => {
    const saw = samples(60, (_, number) => ({ residentMib: 100 + (number % 7) * 3 }));
    expect(trendOf(saw, 'residentMib')).toMatchObject({ isLevel: true, highest: 118 });
  });

  test('finds a leak of a MiB a minute below a saw twice as high', () => {
    const leak = samples(60, (atS, number) => ({ residentMib: 100 + (number % 7) * 3 + atS / 60 }));
    const { rise, isLevel } = trendOf(leak, 'residentMib');
    expect(rise).toBeCloseTo(60, -1);
    expect(isLevel).toBe(false);
  });

  test.each(['descriptors', 'threads', 'resources'] as const)(
    'finds one of %s kept at each flap',
    (figure) => {
      const busy = samples(10, (_, number) => (number % 9 === 0 ? { [figure]: 50 } : { [figure]: 49 }));
      const leak = busy.map((sample, number) => ({ ...sample, [figure]: sample[figure] + number }));
      expect(trendOf(busy, figure).isLevel).toBe(true);
      expect(trendOf(leak, figure).isLevel).toBe(false);
    },
  );

  test('passes what falls', () => {
    const falling = samples(10, (atS) => ({ heapMib: 40 - atS / 60 }));
    expect(trendOf(falling, 'heapMib')).toMatchObject({ isLevel: true, first: 40 });
  });

  test('judges by nothing less than three samples', () => {
    expect(() => trendOf(samples(1, () => ({})).slice(0, 2), 'threads')).toThrow(/by 2 samples: want 3/);
  });
});

describe('settledOf()', () => {
  test.each([
    [60, 36 * 60],
    [10, 357],
    [3, 105],
  ])('of %i minutes leaves out what came before %i s', (minutes, fromS) => {
    const settled = settledOf(samples(minutes, () => ({})));
    expect(settled[0]!.atS).toBeGreaterThanOrEqual(fromS - 1);
    expect(settled[0]!.atS).toBeLessThan(fromS + 6);
  });
});

describe('lossesOf()', () => {
  test('tells what never came back from what was only under way', () => {
    expect(lossesOf([2, 900, 1, 12, 40, 12, 13, 300, 15, 15])).toEqual([
      { sample: 0, count: 1 },
      { sample: 3, count: 11 },
      { sample: 6, count: 1 },
      { sample: 7, count: 2 },
    ]);
    expect(lossesOf([3, 5, 0])).toEqual([]);
  });
});
