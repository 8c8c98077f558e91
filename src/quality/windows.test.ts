import { describe, expect, it } from 'vitest';
import { Counters, P, S } from '../net/index.ts';
import { PathWindows } from './windows.ts';

const START_MS = 1_000_000;

function setUp() {
  const counters = Counters.forPaths(2);
  const windows = new PathWindows(counters, START_MS);
  windows.open(0, 0);
  const count = (path: number, column: keyof typeof P, by: number) => {
    counters.values[counters.pathBlock(path) + P[column]]! += by;
  };
  return { counters, windows, count };
}

describe('PathWindows', () => {
  it('subtracts what was counted before each window', () => {
    const { windows, count } = setUp();
    // One delivered packet a second; from the 100th second on, one lost as well.
    for (let second = 1; second <= 200; second++) {
      count(0, 'delivered', 1);
      if (second > 100) count(0, 'lost', 1);
      windows.sample(START_MS + second * 1000);
    }
    expect(windows.figures('start').lossShare).toBeCloseTo(100 / 300);
    expect(windows.figures('15m').lossShare).toBeCloseTo(100 / 300);
    expect(windows.figures('1m').lossShare).toBeCloseTo(0.5);
    expect(windows.figures('10s').lost).toBeGreaterThanOrEqual(10);
    expect(windows.figures('10s').lost).toBeLessThanOrEqual(12);
  });

  it('keeps the counts of a path that comes back under another number', () => {
    const { counters, windows, count } = setUp();
    count(0, 'first', 3);
    windows.close();
    counters.clearPath(0);
    windows.open(1, 0);
    count(1, 'first', 4);
    expect(windows.figures('start').first).toBe(7);
    expect(windows.figures('10s').first).toBe(7);
  });

  it('counts what no path delivered as lost here too, from when the path joined', () => {
    const { counters, windows, count } = setUp();
    count(0, 'delivered', 98);
    count(0, 'lost', 1);
    count(0, 'sessionLostAtJoin', 5);
    counters.values[counters.sessionBlock(0) + S.lost] = 6;
    expect(windows.figures('start')).toMatchObject({ lost: 2, lossShare: 0.02 });
  });

  it('reads lateness from the histogram, first copies as none', () => {
    const { counters, windows } = setUp();
    const at = counters.latenessBlock(0);
    counters.values[at] = 90; // first, or below 64 µs
    counters.values[at + 15] = 10; // 8,192 to 12,288 µs
    const { latenessMs } = windows.figures('start');
    expect(latenessMs?.median).toBe(0);
    expect(latenessMs?.p95).toBeCloseTo(8.192 + 2.048);
    expect(latenessMs?.p99).toBeCloseTo(8.192 + 0.9 * 4.096);
  });

  it('has no share and no lateness before anything came', () => {
    expect(setUp().windows.figures('start')).toMatchObject({ lossShare: null, latenessMs: null });
  });
});
