import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ServiceManager, watchdogMs } from './service-manager.ts';

describe('ServiceManager', () => {
  let sent: string[];
  let service: { heartbeats: number; status: string };
  /** Whether the loop lives: then it beats once a second. */
  let isAlive: boolean;
  let manager: ServiceManager;

  function managerWith(watchdog?: number): ServiceManager {
    const clock = () => BigInt(Date.now()) * 1_000_000n;
    return new ServiceManager({ send: (message) => sent.push(message), watchdogMs: watchdog, clock });
  }

  function pass(ms: number): string[] {
    sent = [];
    for (let passed = 0; passed < ms; passed += 1000) {
      if (isAlive) service.heartbeats++;
      vi.advanceTimersByTime(1000);
    }
    return sent;
  }

  beforeEach(() => {
    vi.useFakeTimers({ now: 5_000 });
    sent = [];
    isAlive = true;
    service = { heartbeats: 0, status: 'carrying over eth0' };
  });
  afterEach(() => {
    manager.stopping();
    vi.useRealTimers();
  });

  test('ready() says so, and soon after how it fares', () => {
    manager = managerWith();
    manager.ready(service);
    expect(sent).toEqual(['READY=1']);
    expect(pass(20_000)).toEqual(['STATUS=carrying over eth0']);
  });

  test('pings three times per watchdog period while the loop lives', () => {
    manager = managerWith(9_000);
    manager.ready(service);
    expect(pass(9_000)).toEqual(['WATCHDOG=1\nSTATUS=carrying over eth0', 'WATCHDOG=1', 'WATCHDOG=1']);
  });

  test('pings no more once the loop hangs, says so once, and pings again when it goes on', () => {
    manager = managerWith(6_000);
    manager.ready(service);
    pass(6_000);
    isAlive = false;
    expect(pass(20_000)).toEqual(['WATCHDOG=1', 'STATUS=the packet loop hangs']);
    isAlive = true;
    expect(pass(4_000)).toEqual(['WATCHDOG=1\nSTATUS=carrying over eth0', 'WATCHDOG=1']);
  });

  test('tells a status that changed, and pings nobody who wants no pings', () => {
    manager = managerWith();
    manager.ready(service);
    pass(5_000);
    expect(pass(20_000)).toEqual([]);
    service.status = 'no usable interface';
    expect(pass(30_000)).toEqual(['STATUS=no usable interface']);
  });

  test('reloading() has the time that sd_notify(3) asks for, and reloaded() ends it', () => {
    manager = managerWith();
    manager.ready(service);
    sent = [];
    manager.reloading();
    manager.reloaded();
    expect(sent).toEqual(['RELOADING=1\nMONOTONIC_USEC=5000000', 'READY=1']);
  });

  test('stopping() ends the pings', () => {
    manager = managerWith(30_000);
    manager.ready(service);
    sent = [];
    manager.stopping();
    expect(sent).toEqual(['STOPPING=1\nSTATUS=closing']);
    expect(pass(60_000)).toEqual([]);
  });
});

describe('watchdogMs()', () => {
  test.each([
    [{}, undefined],
    [{ WATCHDOG_USEC: '30000000' }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 30_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '41' }, undefined],
    [{ WATCHDOG_USEC: '0' }, undefined],
    [{ WATCHDOG_USEC: 'soon' }, undefined],
  ])('of %j is %s', (env, expected) => {
    expect(watchdogMs(env, 42)).toBe(expected);
  });
});
