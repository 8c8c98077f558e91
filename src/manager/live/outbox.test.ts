import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox } from './outbox.ts';
import { Viewer } from './viewer.ts';

/** A viewer, and each write to it as text. */
function viewing(): { viewer: Viewer; writes: string[] } {
  const viewer = new Viewer(undefined, () => {});
  const writes: string[] = [];
  vi.spyOn(viewer, 'send').mockImplementation((bytes) => writes.push(Buffer.from(bytes).toString()));
  return { viewer, writes };
}

describe('Outbox', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('writes to one group of viewers after the other', () => {
    const all = Array.from({ length: 40 }, viewing);
    new Outbox().add(
      all.map(({ viewer }) => viewer),
      Buffer.from('a'),
    );
    const told = () => all.filter(({ writes }) => writes.length > 0).length;
    expect(told()).toBe(16);
    vi.advanceTimersToNextTimer();
    expect(told()).toBe(32);
    vi.advanceTimersToNextTimer();
    expect(told()).toBe(40);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('writes all that waits for a viewer at once, in order', () => {
    const all = Array.from({ length: 19 }, viewing);
    const viewers = all.map(({ viewer }) => viewer);
    const outbox = new Outbox();
    outbox.add(viewers, Buffer.from('a'));
    outbox.add(viewers.slice(15, 18), Buffer.from('b'));
    outbox.add(viewers, Buffer.from('c'));
    vi.runAllTimers();
    expect(all.slice(14).map(({ writes }) => writes)).toEqual([
      ['a', 'c'],
      ['a', 'bc'],
      ['abc'],
      ['abc'],
      ['ac'],
    ]);
  });

  it('flushes what waits for one, and forgets one that has gone', () => {
    const all = Array.from({ length: 19 }, viewing);
    const viewers = all.map(({ viewer }) => viewer);
    const outbox = new Outbox();
    outbox.add(viewers, Buffer.from('a'));
    outbox.flush(viewers[18]!);
    outbox.forget(viewers[17]!);
    expect(all[18]!.writes).toEqual(['a']);
    vi.runAllTimers();
    expect(all.map(({ writes }) => writes.length)).toEqual([...Array<number>(17).fill(1), 0, 1]);
  });

  it('lets nobody wait for viewers that ended before they were told anything', () => {
    const gone = Array.from({ length: 1000 }, () => viewing().viewer);
    for (const viewer of gone) viewer.end();
    const { viewer, writes } = viewing();
    const outbox = new Outbox();
    outbox.add([viewing().viewer], Buffer.from('a')); // the next turn is some time off
    outbox.add([...gone, viewer], Buffer.from('a'));
    vi.advanceTimersToNextTimer();
    expect(writes).toEqual(['a']);
    expect(vi.getTimerCount()).toBe(0);
  });
});
