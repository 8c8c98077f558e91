/**
 * The lab tests itself, without rengarde: a WireGuard tunnel over one path must lose what is dropped there,
 * else "0 lost" in the other suites would prove nothing.
 *
 *     wireguard-go 10.88.0.1 -- c0 10.77.0.1 ==== path 0 ==== 10.77.0.2 s0, lo 10.99.0.1 -- wireguard-go 10.88.0.2
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, startLab, tunnel } from './lab.ts';
import { delayPercentile, describePings, pingFor } from './ping-stream.ts';
import { labObstacle, titled } from './requirements.ts';

describe.skipIf(labObstacle !== null)(titled('a bare tunnel on one path', labObstacle), () => {
  let lab: Lab;
  const ping = (milliseconds: number, payloadBytes = 56) =>
    pingFor(milliseconds, { namespace: lab.client.namespace, to: tunnel.server.ipv4, payloadBytes });

  beforeAll(async () => {
    lab = await startLab({ paths: 2, engine: 'bare' });
  }, 60_000);
  afterAll(async () => lab?.stop());

  test('answers every ping', async () => {
    const report = await ping(2_000);
    console.log(describePings(report));
    expect(report.sent).toBeGreaterThan(200);
    expect(report.lost).toEqual([]);
    expect(report.answered).toHaveLength(report.sent);
    expect(report.duplicates).toBe(0);
  });

  test('loses all while its path is blackholed, none afterwards', async () => {
    await lab.faults.blackhole(0);
    const during = await ping(1_000);
    await lab.faults.clear(0);
    const after = await ping(1_000);
    expect(during.answered).toEqual([]);
    expect(during.lost.length).toBeGreaterThan(100);
    expect(describePings(during, lab.faults.events)).toMatch(/lost at \d+, \d+ ms after: blackhole path 0/);
    expect(describePings(after)).toMatch(/ 0 lost/);
  });

  test.each(['client', 'server'] as const)(
    'loses pings while cut at the %s, none afterwards',
    async (side) => {
      // Else it would leave by path 1, which leads to the same address.
      await lab.faults.blackhole(1);
      await lab.faults.cut(0, side);
      const during = await ping(1_000);
      await lab.faults.restore(0, side);
      const after = await ping(1_000);
      await lab.faults.clear(1);
      expect(during.answered).toEqual([]);
      expect(describePings(after)).toMatch(/ 0 lost/);
    },
  );

  test('loses about the share that the path loses', async () => {
    await lab.faults.lose(0, 200);
    const report = await ping(4_000);
    await lab.faults.clear(0);
    // 20 % there, 20 % back: 36 %. Seven standard deviations of 600 pings are 14 %.
    const share = report.lost.length / report.sent;
    expect(share).toBeGreaterThan(0.22);
    expect(share).toBeLessThan(0.5);
  });

  test('is held up by a slow path', async () => {
    await lab.faults.slow(0, 1_000);
    const report = await ping(2_000, 1_300);
    console.log(describePings(report));
    await lab.faults.speedUp(0);
    // 200 x 1,400 bytes are 2.2 Mbit/s into 1: the queue of 30,000 bytes takes 0.24 s each way.
    expect(delayPercentile(report, 90)).toBeGreaterThan(100);
  });

  test('takes another path when an address is removed, and comes back', async () => {
    await lab.faults.blackhole(1);
    await lab.faults.removeAddress(0);
    const during = await ping(500);
    await lab.faults.restoreAddress(0);
    const after = await ping(1_000);
    await lab.faults.clear(1);
    expect(during.answered).toEqual([]);
    expect(describePings(after)).toMatch(/ 0 lost/);
  });
});
