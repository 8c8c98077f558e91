import { beforeEach, describe, expect, it } from 'vitest';
import { Counters, P, S } from '../net/index.ts';
import { Silence } from './silence.ts';

const START_MS = 1_000_000;

describe('Silence', () => {
  let counters: Counters;
  let silence: Silence;
  let nowMs: number;

  beforeEach(() => {
    counters = Counters.forPaths(1);
    silence = new Silence(counters, 0, START_MS);
    nowMs = START_MS;
  });

  /** Time passes in which the session gets packets, the link its copies of them or none. */
  function pass(ms: number, packets: number, isHeard: boolean, latenessMs = 0): void {
    nowMs += ms;
    counters.values[counters.sessionBlock(0) + S.packets]! += packets;
    if (isHeard) {
      counters.values[counters.pathBlock(0) + P.inPackets]! += packets;
      counters.values[counters.pathBlock(0) + P.lastInMs] = nowMs;
    }
    silence.look(counters, 0, 0, () => latenessMs, nowMs);
  }

  it('begins when others have brought five packets in more than 300 ms, and tells since when', () => {
    pass(200, 20, true);
    pass(200, 20, false);
    expect(silence.sinceMs).toBe(0);
    pass(200, 20, false);
    expect(silence.sinceMs).toBe(START_MS + 200);
  });

  it('does not begin while the tunnel brings next to nothing', () => {
    pass(200, 1, true);
    pass(10_000, 4, false);
    expect(silence.sinceMs).toBe(0);
    pass(10_000, 1, false);
    expect(silence.sinceMs).not.toBe(0);
  });

  it('waits for a link that is late as a rule', () => {
    pass(200, 20, true, 500);
    pass(800, 80, false, 500);
    expect(silence.sinceMs).toBe(0);
    pass(200, 20, false, 500);
    expect(silence.sinceMs).not.toBe(0);
  });

  it('ends with the next copy', () => {
    pass(200, 20, true);
    pass(1_000, 20, false);
    expect(silence.sinceMs).not.toBe(0);
    pass(200, 20, true);
    expect(silence.sinceMs).toBe(0);
  });

  it('gives a link that was just opened time to become known at the other end', () => {
    pass(1_400, 100, false);
    expect(silence.sinceMs).toBe(0);
    pass(200, 20, false);
    expect(silence.sinceMs).not.toBe(0);
  });

  it('tells of a link that sends and never hears anything, though nobody else does either', () => {
    counters.values[counters.pathBlock(0) + P.outPackets] = 9;
    pass(6_000, 0, false);
    expect(silence.isUnheard).toBe(false);
    counters.values[counters.pathBlock(0) + P.outPackets] = 10;
    pass(200, 0, false);
    expect(silence.isUnheard).toBe(true);
    pass(200, 1, true);
    expect(silence.isUnheard).toBe(false);
  });
});
