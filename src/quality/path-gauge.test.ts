import { describe, expect, it } from 'vitest';
import { Counters, P, S } from '../net/index.ts';
import { PathGauge } from './path-gauge.ts';

const START_MS = 1_000_000;

function setUp() {
  const counters = Counters.forPaths(2);
  const gauge = new PathGauge(counters, START_MS);
  gauge.open(0, 0);
  const count = (path: number, column: keyof typeof P, by: number) => {
    counters.values[counters.pathBlock(path) + P[column]]! += by;
  };
  return { counters, gauge, count };
}

describe('PathGauge', () => {
  it('subtracts what was counted before each window', () => {
    const { gauge, count } = setUp();
    // One delivered packet a second; from the 100th second on, one lost as well.
    for (let second = 1; second <= 200; second++) {
      count(0, 'delivered', 1);
      if (second > 100) count(0, 'lost', 1);
      gauge.sample(START_MS + second * 1000);
    }
    expect(gauge.figures('start').lossShare).toBeCloseTo(100 / 300);
    expect(gauge.figures('15m').lossShare).toBeCloseTo(100 / 300);
    expect(gauge.figures('1m').lossShare).toBeCloseTo(0.5);
    expect(gauge.figures('10s').lost).toBeGreaterThanOrEqual(10);
    expect(gauge.figures('10s').lost).toBeLessThanOrEqual(12);
  });

  it('keeps the counts of a path that comes back under another number', () => {
    const { counters, gauge, count } = setUp();
    count(0, 'first', 3);
    gauge.close();
    counters.clearPath(0);
    gauge.open(1, 0);
    count(1, 'first', 4);
    expect(gauge.figures('start').first).toBe(7);
    expect(gauge.figures('10s').first).toBe(7);
  });

  it('counts what no path delivered as lost here too, from when the path joined', () => {
    const { counters, gauge, count } = setUp();
    count(0, 'delivered', 98);
    count(0, 'lost', 1);
    count(0, 'sessionLostAtJoin', 5);
    counters.values[counters.sessionBlock(0) + S.lost] = 6;
    expect(gauge.figures('start')).toMatchObject({ lost: 2, lossShare: 0.02 });
  });

  it('reads lateness from the histogram, first copies as none', () => {
    const { counters, gauge } = setUp();
    const at = counters.latenessBlock(0);
    counters.values[at] = 90; // first, or below 64 µs
    counters.values[at + 15] = 10; // 8,192 to 12,288 µs
    const { latenessMs } = gauge.figures('start');
    expect(latenessMs?.median).toBe(0);
    expect(latenessMs?.p95).toBeCloseTo(8.192 + 2.048);
    expect(latenessMs?.p99).toBeCloseTo(8.192 + 0.9 * 4.096);
  });

  it('has no share and no lateness before anything came', () => {
    expect(setUp().gauge.figures('start')).toMatchObject({ lossShare: null, latenessMs: null });
  });
});
