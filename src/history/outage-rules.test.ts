import { describe, expect, it } from 'vitest';
import { type Figures, row } from '../../test/history/frames.ts';
import {
  CERTAIN_SILENCE_PACKETS,
  graver,
  judgeLink,
  judgeTunnel,
  LOSSY_SHARE,
  RECOVERED_SHARE,
} from './outage-rules.ts';

const PLENTY = 100;
const lossy = (share: number): Figures => ({ state: 'lossy', first: 400 * (1 - share), lost: 400 * share });

describe('judgeLink()', () => {
  it.each<[what: string, cell: Figures, tunnelPackets: number, verdict: string, cause?: string]>([
    ['delivers first', { state: 'first', first: 5 }, 5, 'good'],
    ['delivers late', { state: 'late', late: 5 }, 5, 'good'],
    ['is idle', { state: 'idle' }, 0, 'unclear'],
    ['is unknown', { state: 'none' }, 0, 'unclear'],
    ['is excluded', { state: 'excluded' }, PLENTY, 'over'],
    ['has no socket', { state: 'down' }, 0, 'certain', 'down'],
    [
      'misses many, one known as lost',
      { state: 'silent', lost: 1 },
      CERTAIN_SILENCE_PACKETS,
      'certain',
      'silent',
    ],
    ['misses few', { state: 'silent', lost: 1 }, CERTAIN_SILENCE_PACKETS - 1, 'suspect', 'silent'],
    ['may only be slow', { state: 'silent' }, PLENTY, 'suspect', 'silent'],
    ['has a loss settled in an empty second', { state: 'silent', lost: 1 }, 0, 'unclear'],
    ['is lossy by a loss settled in an empty second', { state: 'lossy', lost: 1 }, 0, 'unclear'],
    ['loses a quarter', lossy(LOSSY_SHARE), PLENTY, 'suspect', 'lossy'],
    ['loses just under a quarter', lossy(LOSSY_SHARE - 0.01), PLENTY, 'unclear'],
    ['loses a tenth', lossy(RECOVERED_SHARE), PLENTY, 'unclear'],
    ['loses under a tenth', lossy(RECOVERED_SHARE - 0.01), PLENTY, 'good'],
  ])('a link that %s', (_, cell, tunnelPackets, verdict, cause) => {
    expect(judgeLink(Float32Array.from(row(cell)), 0, tunnelPackets)).toMatchObject({
      is: verdict,
      ...(cause !== undefined && { cause }),
    });
  });
});

describe('judgeTunnel()', () => {
  it.each<[cell: Figures, verdict: string]>([
    [{ state: 'lossy', first: 10_000, lost: 1 }, 'certain'],
    [{ state: 'lossy', first: 10 }, 'good'],
    [{ state: 'down' }, 'certain'],
    [{ state: 'idle' }, 'good'],
    [{ state: 'first', first: 3 }, 'good'],
  ])('says of %j: %s', (cell, verdict) => {
    expect(judgeTunnel(Float32Array.from(row(cell)), 0).is).toBe(verdict);
  });
});

describe('graver()', () => {
  it('prefers down to silent to lossy', () => {
    expect([graver('silent', 'down'), graver('down', 'silent'), graver('lossy', 'silent')]).toEqual([
      'down',
      'down',
      'silent',
    ]);
  });
});
