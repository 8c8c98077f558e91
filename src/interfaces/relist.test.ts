import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { NetworkInterface } from './interface.ts';
import { Relist } from './relist.ts';

/** A system whose interfaces are the given numbers, and what was said of it. */
function setUp() {
  const system = { mtus: [1500], fault: '', lists: 0 };
  const changes: number[][] = [];
  const faults: string[] = [];
  const relist = new Relist({
    list: () => {
      system.lists += 1;
      if (system.fault !== '') throw new Error(system.fault);
      return system.mtus.map((mtu) => ({ mtu }) as NetworkInterface);
    },
    onChange: (interfaces) => changes.push(interfaces.map(({ mtu }) => mtu)),
    onFault: (message) => faults.push(message),
  });
  return { system, changes, faults, relist };
}

describe('Relist', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  test('signal() passes a change on at once, and nothing without a change', () => {
    const { system, changes, relist } = setUp();
    relist.signal();
    vi.advanceTimersByTime(1000);
    expect(changes).toEqual([]);
    system.mtus = [1400];
    relist.signal();
    expect(changes).toEqual([[1400]]);
  });

  test('signal() looks once more afterwards, for a list that lagged behind', () => {
    const { system, changes, relist } = setUp();
    relist.signal();
    system.mtus = [1400];
    vi.advanceTimersByTime(20);
    expect(changes).toEqual([[1400]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('look() lists once, and leaves it to the list that is due', () => {
    const { system, changes, relist } = setUp();
    const before = system.lists;
    system.mtus = [1400];
    relist.look();
    expect(changes).toEqual([[1400]]);
    expect(vi.getTimerCount()).toBe(0);
    relist.signal();
    relist.look();
    vi.advanceTimersByTime(1000);
    expect(system.lists).toBe(before + 3);
  });

  test('signal() collapses a burst without putting it off', () => {
    const { system, changes, relist } = setUp();
    for (let i = 1; i <= 100; i++) {
      system.mtus = [i];
      relist.signal();
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(100);
    expect(changes.map(([mtu]) => mtu)).toEqual([1, 20, 40, 60, 80, 100]);
    expect(system.lists).toBeLessThan(10);
  });

  test('reports a fault once, keeps the last list, and compares with it afterwards', () => {
    const { system, changes, faults, relist } = setUp();
    system.fault = 'out of memory';
    for (let i = 0; i < 3; i++) {
      relist.signal();
      vi.advanceTimersByTime(100);
    }
    expect(faults).toEqual(['Cannot list network interfaces: out of memory']);
    system.fault = '';
    relist.signal();
    vi.advanceTimersByTime(100);
    expect(changes).toEqual([]);
    system.fault = 'again';
    relist.signal();
    expect(faults).toHaveLength(2);
  });

  test('goes on when a callback throws', () => {
    const changes: number[] = [];
    let mtu = 0;
    const relist = new Relist({
      list: () => [{ mtu: mtu++ } as NetworkInterface],
      onChange: ([one]) => {
        changes.push(one!.mtu);
        if (one!.mtu === 1) throw new Error('on purpose');
      },
      onFault: () => {},
    });
    expect(() => relist.signal()).toThrow('on purpose');
    vi.advanceTimersByTime(20);
    expect(changes).toEqual([1, 2]);
  });

  test('close() drops the list that was due', () => {
    const { system, changes, relist } = setUp();
    relist.signal();
    system.mtus = [1400];
    relist.close();
    vi.advanceTimersByTime(1000);
    expect(changes).toEqual([]);
  });
});
