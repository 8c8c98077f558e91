import { describe, expect, it } from 'vitest';
import { RecentInitiations } from './recent-initiations.ts';

const NOW_MS = 1_700_000_000_000;

describe('RecentInitiations', () => {
  it('finds what it remembers for five seconds, at any offset', () => {
    const recent = new RecentInitiations();
    recent.remember(initiation(7, 1n), 0, 3, NOW_MS);
    const later = new DataView(new Uint8Array([9, 9, ...bytesOf(initiation(7, 1n))]).buffer);
    expect(recent.find(later, 2, NOW_MS + 5_000)).toBe(3);
    expect(recent.find(later, 2, NOW_MS + 5_001)).toBe(-1);
  });

  it('keeps two clients apart that choose the same index', () => {
    const recent = new RecentInitiations();
    recent.remember(initiation(7, 1n), 0, 3, NOW_MS);
    expect(recent.find(initiation(7, 2n), 0, NOW_MS)).toBe(-1);
    recent.remember(initiation(7, 2n), 0, 4, NOW_MS);
    expect(recent.find(initiation(7, 1n), 0, NOW_MS)).toBe(3);
    expect(recent.find(initiation(7, 2n), 0, NOW_MS)).toBe(4);
  });

  it('forgets what a session’s number meant before', () => {
    const recent = new RecentInitiations();
    recent.remember(initiation(7, 1n), 0, 3, NOW_MS);
    recent.remember(initiation(8, 2n), 0, 4, NOW_MS);
    recent.forget(3);
    expect(recent.find(initiation(7, 1n), 0, NOW_MS)).toBe(-1);
    expect(recent.find(initiation(8, 2n), 0, NOW_MS)).toBe(4);
  });

  it('takes the latest word on one initiation', () => {
    const recent = new RecentInitiations();
    recent.remember(initiation(7, 1n), 0, 3, NOW_MS);
    recent.remember(initiation(7, 1n), 0, 5, NOW_MS + 1);
    expect(recent.find(initiation(7, 1n), 0, NOW_MS + 1)).toBe(5);
  });

  it('in a full set forgets the oldest', () => {
    const recent = new RecentInitiations();
    const sameSet = [1n, 2n, 3n, 4n, 5n].map((high) => initiation(7, (high << 32n) | 1n));
    sameSet.forEach((it, i) => {
      recent.remember(it, 0, i, NOW_MS + i);
    });
    expect(sameSet.map((it) => recent.find(it, 0, NOW_MS + 9))).toEqual([-1, 1, 2, 3, 4]);
  });
});

function initiation(index: number, ephemeral: bigint): DataView {
  const view = new DataView(new ArrayBuffer(148));
  view.setUint32(0, 1, true);
  view.setUint32(4, index, true);
  view.setBigUint64(8, ephemeral, true);
  return view;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}
