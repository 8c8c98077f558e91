import { describe, expect, it } from 'vitest';
import { Counters, S } from '../net/index.ts';
import { whatIf } from './what-if.ts';

describe('whatIf()', () => {
  it('says what each choice of links would have lost', () => {
    const counters = Counters.forPaths(3);
    const patterns = counters.patternBlock(0);
    counters.values[patterns + 0b001] = 10; // slot 0 alone
    counters.values[patterns + 0b010] = 5; // slot 1 alone
    counters.values[patterns + 0b110] = 20;
    counters.values[patterns + 0b111] = 64;
    counters.values[counters.sessionBlock(0) + S.lost] = 1;
    const lost = new Map(whatIf(counters, 0, [0, 1, 2]).map((row) => [row.slots.join(), row.lost]));
    expect([...lost]).toEqual([
      ['1', 11],
      ['2', 16],
      ['0', 26],
      ['0,1', 1],
      ['0,2', 6],
      ['1,2', 11],
      ['0,1,2', 1],
    ]);
    expect(whatIf(counters, 0, [0, 1, 2])[0]!.lossShare).toBeCloseTo(0.11);
  });

  it('leaves out what came by links that are not asked for', () => {
    const counters = Counters.forPaths(3);
    const patterns = counters.patternBlock(0);
    counters.values[patterns + 0b100] = 50; // by an address that is gone
    counters.values[patterns + 0b011] = 99;
    counters.values[patterns + 0b101] = 1;
    expect(whatIf(counters, 0, [0, 1])).toEqual([
      { slots: [0], lost: 0, lossShare: 0 },
      { slots: [1], lost: 1, lossShare: 0.01 },
      { slots: [0, 1], lost: 0, lossShare: 0 },
    ]);
  });

  it('judges nothing before anything is settled, and leaves out slots that have no pattern', () => {
    const counters = Counters.forPaths(1);
    expect(whatIf(counters, 0, [0])).toEqual([]);
    counters.values[counters.patternBlock(0) + 1] = 1;
    expect(whatIf(counters, 0, [0, 9]).map(({ slots }) => slots)).toEqual([[0]]);
  });
});
