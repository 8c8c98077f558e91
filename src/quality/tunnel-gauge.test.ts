import { describe, expect, it } from 'vitest';
import { Counters, S } from '../net/index.ts';
import { TunnelGauge } from './tunnel-gauge.ts';

const START_MS = 1_000_000;

describe('TunnelGauge', () => {
  const setUp = () => {
    const counters = Counters.forPaths(1);
    const gauge = new TunnelGauge(counters, 0, START_MS);
    const count = (column: keyof typeof S, by: number) => {
      counters.values[counters.sessionBlock(0) + S[column]]! += by;
    };
    return { gauge, count };
  };

  it('tells windows and the last second apart', () => {
    const { gauge, count } = setUp();
    for (let second = 1; second <= 100; second++) {
      count('packets', 99);
      count('bytes', 9_900);
      count('lost', second > 90 ? 1 : 0);
      gauge.sample(START_MS + second * 1000);
    }
    expect(gauge.figures('start')).toMatchObject({ packets: 9_900, lost: 10 });
    expect(gauge.figures('10s').lossShare).toBeCloseTo(0.01);
    expect(gauge.figures('1m').packets).toBeGreaterThanOrEqual(60 * 99);
    expect(gauge.second()).toMatchObject({ packets: 99, lost: 1 });
    expect(gauge.rates()).toEqual({ inBitsPerSecond: 79_200, inPacketsPerSecond: 99 });
  });

  it('never says that fewer than none were lost, when one given up for lost comes after all', () => {
    const { gauge, count } = setUp();
    count('lost', 1);
    gauge.sample(START_MS + 1_000);
    count('lost', -1);
    count('packets', 1);
    gauge.sample(START_MS + 2_000);
    expect(gauge.second()).toMatchObject({ packets: 1, lost: 0, lossShare: 0 });
  });

  it('keeps the rate of a second that a late timer made longer', () => {
    const { gauge, count } = setUp();
    count('packets', 200);
    gauge.sample(START_MS + 2_000);
    expect(gauge.rates().inPacketsPerSecond).toBe(100);
  });
});
