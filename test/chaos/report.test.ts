import { describe, expect, test } from 'vitest';
import { judge, Ledger } from './account.ts';
import { describeRun, rowsOf } from './report.ts';

/** One packet each way every 100 ms from 1,000 ms on; of those upwards, 2, 5 and 8 never come. */
function evidence() {
  const ledgers = { up: new Ledger(), down: new Ledger() };
  for (let number = 0; number < 10; number += 1) {
    const atMs = 1_000 + number * 100;
    ledgers.up.sent(number, atMs);
    ledgers.down.sent(number, atMs);
    ledgers.down.received(number, atMs + 1);
    if (![2, 5, 8].includes(number)) ledgers.up.received(number, atMs + 1);
  }
  return {
    ledgers,
    windows: [{ what: 'killed', fromMs: 1_450, toMs: 1_550 }],
    spells: [
      { kind: 'loss', target: '1', fromMs: 1_150, toMs: 1_350 },
      { kind: 'loss', target: '2', fromMs: 1_250, toMs: 1_300 },
      { kind: 'kill -9', target: 'client', fromMs: 1_450, toMs: 1_550 },
    ],
    labDrops: [{ what: 'full', direction: 'up' as const, count: 1, fromMs: 1_790, toMs: 1_900 }],
  };
}

describe('rowsOf()', () => {
  test('counts each packet once per kind of fault, and lays each loss beside its excuse', () => {
    const all = evidence();
    expect(rowsOf(all, judge(all))).toEqual([
      { kind: 'kill -9', times: 1, sent: 2, inside: 1, byLab: 0, outside: 0 },
      { kind: 'loss', times: 2, sent: 4, inside: 0, byLab: 1, outside: 0 },
      { kind: '(no fault)', times: 0, sent: 14, inside: 0, byLab: 0, outside: 1 },
      { kind: 'all', times: 3, sent: 20, inside: 1, byLab: 1, outside: 1 },
    ]);
  });
});

describe('describeRun()', () => {
  test('names what is lost without an excuse, and how long after which window', () => {
    const all = { ...evidence(), labDrops: [] };
    const told = describeRun(all, judge(all));
    expect(told).toContain('lost up #2 at 1200 during: loss (1, since 50 ms)');
    expect(told).toContain('lost up #8 at 1800 during: nothing; 250 ms after the window "killed"');
    expect(told).not.toContain('#5');
  });
});
