import { describe, expect, it } from 'vitest';
import { Delays } from './delays.ts';
import { LOST_AFTER_MS, Stream } from './stream.ts';

function makeStream(packetsPerSecond = 500) {
  const sent: Uint8Array[] = [];
  const stream = new Stream(packetsPerSecond, (packet) => sent.push(packet) > 0);
  return { stream, sent };
}

describe('Stream', () => {
  it('sends at its rate, and makes up for little after a stall', () => {
    const { stream, sent } = makeStream();
    for (let nowMs = 0; nowMs < 1_000; nowMs += 2) stream.advance(nowMs);
    expect(sent.length).toBe(500);
    stream.advance(60_000);
    expect(sent.length).toBeLessThanOrEqual(500 + 26);
  });

  it('tells received, repeated, lost and late packets apart', () => {
    const { stream, sent } = makeStream();
    for (let nowMs = 0; nowMs <= 6; nowMs += 2) stream.advance(nowMs);
    stream.receive(sent[0]!, 10);
    stream.receive(sent[0]!, 11);
    stream.receive(sent[2]!, 24);
    expect(stream.counters).toEqual({ sent: 4, received: 2, repeated: 1, lost: 0, late: 0 });
    expect(stream.underWay).toBe(2);
    stream.settle(2 + LOST_AFTER_MS);
    expect(stream.counters.lost).toBe(1);
    stream.receive(sent[1]!, 3 + LOST_AFTER_MS);
    stream.receive(sent[2]!, 3 + LOST_AFTER_MS);
    stream.settle(100 + LOST_AFTER_MS);
    expect(stream.counters).toEqual({ sent: 4, received: 2, repeated: 2, lost: 2, late: 1 });
    expect(stream.underWay).toBe(0);
    expect(stream.delays.recentPercentileMs(1)).toBe(20);
  });

  it('counts nothing for a packet that was not taken', () => {
    const stream = new Stream(500, () => false);
    for (let nowMs = 0; nowMs < 5_000; nowMs += 2) stream.advance(nowMs);
    expect(stream.counters).toEqual({ sent: 0, received: 0, repeated: 0, lost: 0, late: 0 });
  });

  it('stays exact over many times its memory', () => {
    const { stream, sent } = makeStream();
    for (let nowMs = 0; nowMs < 60_000; nowMs += 2) {
      stream.advance(nowMs);
      for (const packet of sent.splice(0)) if (nowMs % 200 !== 0) stream.receive(packet, nowMs + 1);
    }
    stream.settle(70_000);
    expect(stream.counters).toEqual({ sent: 30_000, received: 29_700, repeated: 0, lost: 300, late: 0 });
  });
});

describe('Delays', () => {
  it('gives percentiles of the whole run and of the last packets', () => {
    const delays = new Delays();
    expect(delays.percentileMs(0.5)).toBeNull();
    expect(delays.recentPercentileMs(0.5)).toBeNull();
    for (let delayMs = 1; delayMs <= 1_000; delayMs++) delays.add(delayMs);
    expect(delays.percentileMs(0.5)).toBeCloseTo(500, 0);
    expect(delays.recentPercentileMs(0.99)).toBe(990);
    for (let count = 0; count < 1_024; count++) delays.add(5_000);
    expect(delays.recentPercentileMs(0)).toBe(5_000);
    expect(delays.percentileMs(1)).toBeCloseTo(2_000, 0);
  });
});
