import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Counters, P, type PathColumn, R, type RelayColumn } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import { FaultLog } from './fault-log.ts';

describe('FaultLog', () => {
  let counters: Counters;
  let paths: { name: string; number: number }[];
  let said: string[];
  let faults: FaultLog;

  beforeEach(() => {
    vi.useFakeTimers();
    counters = Counters.forPaths(2);
    paths = [
      { name: 'eth0', number: 0 },
      { name: 'wlan0', number: 1 },
    ];
    said = [];
    const log = { warn: (_: object, message: string) => said.push(message) } as unknown as Log;
    faults = new FaultLog(log, counters, () => paths);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const countPath = (path: number, column: PathColumn, by: number) => {
    counters.values[counters.pathBlock(path) + P[column]]! += by;
  };
  const countRelay = (column: RelayColumn, by: number) => {
    counters.values[R[column]]! += by;
  };
  /** What was said since the last call. */
  const heard = () => said.splice(0);
  const pass = (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      vi.advanceTimersByTime(1_000);
      faults.look();
    }
  };

  test('says nothing while nothing fails', () => {
    countPath(0, 'outPackets', 1_000);
    countRelay('wireguardInPackets', 1_000);
    pass(300);
    expect(heard()).toEqual([]);
  });

  test('says a fault within a second, then once a minute how often it came since', () => {
    countPath(1, 'unreachable', 1);
    pass(1);
    expect(heard()).toEqual([
      'path wlan0: 1 copies not sent: no way to the destination (link down, or no route)',
    ]);
    for (let second = 0; second < 180; second++) {
      countPath(1, 'unreachable', 100);
      pass(1);
    }
    expect(heard()).toEqual([
      expect.stringContaining('wlan0: 6000 copies'),
      expect.stringContaining('wlan0: 6000 copies'),
      expect.stringContaining('wlan0: 6000 copies'),
    ]);
  });

  test('keeps paths, kinds of fault and the relay apart', () => {
    countPath(0, 'queueFull', 1);
    countPath(1, 'queueFull', 2);
    countPath(1, 'forbidden', 3);
    countRelay('oversizedFromWireguard', 4);
    pass(1);
    expect(heard()).toEqual([
      expect.stringMatching(/^4 datagrams from WireGuard dropped: .*maxDatagramSize/),
      expect.stringMatching(/^path eth0: 1 .*queue/),
      expect.stringMatching(/^path wlan0: 2 .*queue/),
      expect.stringMatching(/^path wlan0: 3 .*firewall/),
    ]);
  });

  test('a fault that ended and comes back after its minute is said at once again', () => {
    countPath(0, 'refused', 1);
    pass(1);
    heard();
    pass(600);
    expect(heard()).toEqual([]);
    countPath(0, 'refused', 5);
    pass(1);
    expect(heard()).toEqual([expect.stringContaining('eth0: 5 answers')]);
  });

  test('counters that start from zero again count from there', () => {
    countPath(0, 'refused', 500);
    pass(1);
    heard();
    counters.clearPath(0);
    pass(70);
    expect(heard()).toEqual([]);
    countPath(0, 'refused', 3);
    pass(1);
    expect(heard()).toEqual([expect.stringContaining('eth0: 3 answers')]);
  });

  test('a path that is gone for a minute is a new one when it comes back', () => {
    const gone = paths.pop()!;
    countPath(1, 'refused', 5);
    paths.push(gone);
    pass(1);
    paths.pop();
    pass(30);
    paths.push(gone);
    pass(1);
    expect(heard()).toEqual([expect.stringContaining('wlan0: 5 answers')]);
    paths.pop();
    pass(61);
    paths.push(gone);
    pass(1);
    expect(heard()).toEqual([expect.stringContaining('wlan0: 5 answers')]);
  });
});
