/**
 * The whole of it, end to end: real WireGuard, the built programs, links that fail in every way. Scenario 1:
 * three links to one stable server (drawn in topology.ts). Scenario 2: two cables, each with its own
 * destination:
 *
 *     rengarde-client --- c0 10.77.0.1 ==== 10.77.0.2 s0 (dstAddr) ------- rengarde-server
 *                    `--- c1 10.77.1.1 ==== 10.77.1.2 s1 (dstOverrides) --´
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countArrivals } from './counters.ts';
import { type Engine, type Lab, type LabOptions, startLab, tunnel } from './lab.ts';
import { delayPercentile, describePings, type PingReport, startPings } from './ping-stream.ts';
import { programObstacle, titled } from './requirements.ts';
import { stableAddress } from './topology.ts';

const engines: Engine[] = ['linux', 'portable'];
/** A path counts as used when this many packets arrived on it: a fifth of a second's worth of pings. */
const fewPackets = 40;

describe.skipIf(programObstacle !== null).each(engines)(titled('%s engine', programObstacle), (engine) => {
  describe('three links to one server', () => {
    const lab = sharedLab({ paths: 3, engine });

    test('carries every packet over every link', async () => {
      const [up, down] = await Promise.all([
        countArrivals(lab().topology, 'server'),
        countArrivals(lab().topology, 'client'),
      ]);
      const report = await pingDuring(lab(), () => sleep(1_000));
      expectNoneLost(lab(), report);
      for (const count of [...(await up()).values(), ...(await down()).values()]) {
        expect(count).toBeGreaterThanOrEqual(report.sent);
      }
    });

    test('answers from the address that the packets came to', async () => {
      const { topology } = lab();
      const stable = await countArrivals(topology, 'client', stableAddress.ipv4);
      const other = await countArrivals(topology, 'client', `!= ${stableAddress.ipv4}`);
      await pingDuring(lab(), () => sleep(500));
      expect([...(await other()).values()]).toEqual([0, 0, 0]);
      for (const count of (await stable()).values()) expect(count).toBeGreaterThan(fewPackets);
    });

    test.each(['client', 'server'] as const)('loses nothing when links are cut at the %s', async (side) => {
      const { faults } = lab();
      const report = await pingDuring(lab(), async () => {
        for (const path of [0, 1, 2]) {
          await faults.cut(path, side);
          await sleep(300);
          await faults.restore(path, side);
          await sleep(300);
        }
      });
      expectNoneLost(lab(), report);
      await expectAllUsed(lab());
    });

    test('loses nothing when addresses go and come back', async () => {
      const { faults } = lab();
      const report = await pingDuring(lab(), async () => {
        for (const path of [0, 1]) {
          await faults.removeAddress(path);
          await sleep(300);
          await faults.restoreAddress(path);
          await sleep(300);
        }
      });
      expectNoneLost(lab(), report);
      await expectAllUsed(lab());
    });

    test('loses nothing, and waits for nothing, when two links are blackholed', async () => {
      const { faults } = lab();
      const before = await pingDuring(lab(), () => sleep(2_000));
      const report = await pingDuring(lab(), async () => {
        await faults.blackhole(0);
        await faults.blackhole(2);
        await sleep(2_000);
      });
      await faults.clear(0);
      await faults.clear(2);
      expectNoneLost(lab(), report);
      printDelays(`${engine} engine, two of three links blackholed`, before, report);
      await expectAllUsed(lab());
    });

    test('loses nothing, and waits for nothing, when a link has a full queue', async () => {
      const { faults } = lab();
      const before = await pingDuring(lab(), () => sleep(2_000), 1_200);
      await faults.slow(1, 500);
      const report = await pingDuring(lab(), () => sleep(2_000), 1_200);
      await faults.speedUp(1);
      expectNoneLost(lab(), report);
      printDelays(`${engine} engine, one of three links with a full queue`, before, report);
      // Alone that link would take half a second.
      expect(delayPercentile(report, 50)).toBeLessThan(100);
    });

    test('loses nothing when two of three links lose a third', async () => {
      const { faults } = lab();
      await faults.lose(0, 333);
      await faults.lose(1, 333);
      const report = await pingDuring(lab(), () => sleep(1_500));
      await faults.clear(0);
      await faults.clear(1);
      expectNoneLost(lab(), report);
    });

    test('uses a returned link at once', async () => {
      const { faults } = lab();
      const report = await pingDuring(lab(), async () => {
        for (const path of [1, 2]) await faults.blackhole(path);
        await faults.cut(0);
        await sleep(500);
        await faults.restore(0);
        await sleep(2_000);
      });
      for (const path of [1, 2]) await faults.clear(path);
      const restoredAtMs = faults.events.findLast(({ what }) => what.startsWith('restore'))!.atMs;
      const first = report.answered.find((ping) => ping.sentAtMs > restoredAtMs);
      // Reckoned from before the commands that bring the link, its addresses and its routes back.
      const tookMs = (first?.sentAtMs ?? Number.POSITIVE_INFINITY) - restoredAtMs;
      console.log(`${engine} engine: a returned link carries packets within ${tookMs.toFixed(0)} ms`);
      expect(report.lost.length).toBeGreaterThan(fewPackets);
      expect(tookMs).toBeLessThan(1_900);
    });

    test('uses a link that appears while running, and does without the others', async () => {
      const { faults, topology } = lab();
      const report = await pingDuring(lab(), async () => {
        await topology.addPath(3);
        await sleep(1_500);
        for (const path of [0, 1, 2]) await faults.cut(path);
        await sleep(500);
        for (const path of [0, 1, 2]) await faults.restore(path);
        await sleep(1_500);
        await topology.removePath(3);
      });
      expectNoneLost(lab(), report);
    });

    test('ends with status 0 within a second of SIGTERM', async () => {
      for (const host of [lab().client, lab().server]) {
        const end = await host.program!.stop('SIGTERM');
        expect(end, host.program!.output).toMatchObject({ code: 0, signal: null });
        expect(end.elapsedMs).toBeLessThan(1_000);
      }
    });
  });

  describe('three links over IPv6', () => {
    const lab = sharedLab({ paths: 3, engine, ipVersion: 6 });

    test('loses nothing when links are cut', async () => {
      const { faults } = lab();
      const report = await pingDuring(lab(), async () => {
        for (const path of [0, 1]) {
          await faults.cut(path);
          await sleep(300);
          await faults.restore(path);
          await sleep(1_500);
        }
      });
      expectNoneLost(lab(), report);
      await expectAllUsed(lab());
    });

    test('leaves a prefix that the provider replaces, and loses nothing by it', async () => {
      const { client } = lab();
      const report = await pingDuring(lab(), async () => {
        await client.namespace.ip('address add fd77::99/64 dev c0 nodad');
        // What a router's advertisement of a preferred lifetime of 0 does.
        await client.namespace.ip('address change fd77::1/64 dev c0 valid_lft 7200 preferred_lft 0');
        await client.program!.waitForOutput(/"from":"\[fd77::99\]:\d+".*path c0 changed/);
        await sleep(500);
      });
      expectNoneLost(lab(), report);
      await expectAllUsed(lab());
    });
  });

  describe('two cables with a destination each', () => {
    const lab = sharedLab({ paths: 2, engine, destination: 'overrides' });

    test('sends each cable its own destination and loses nothing when one is cut', async () => {
      await expectAllUsed(lab());
      const { faults } = lab();
      const report = await pingDuring(lab(), async () => {
        for (const path of [0, 1]) {
          await faults.cut(path, path === 0 ? 'client' : 'server');
          await sleep(500);
          await faults.restore(path, path === 0 ? 'client' : 'server');
          await sleep(1_500);
        }
      });
      expectNoneLost(lab(), report);
      await expectAllUsed(lab());
    });
  });

  describe('links with jumbo frames', () => {
    const lab = sharedLab({ paths: 2, engine, linkMtu: 9_000, tunnelMtu: 8_900 });

    test('carries packets of 8,900 bytes uncut', async () => {
      // 20 bytes of IPv4 and 8 of ICMP come on top; ping forbids fragments.
      const report = await pingDuring(lab(), () => sleep(500), 8_872);
      expectNoneLost(lab(), report);
    });
  });
});

/** One lab for a suite's tests; each leaves it whole. */
function sharedLab(options: LabOptions): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await startLab(options);
  });
  afterAll(async () => lab?.stop());
  return () => lab!;
}

async function pingDuring(lab: Lab, action: () => Promise<unknown>, payloadBytes = 56): Promise<PingReport> {
  const stream = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4, payloadBytes });
  // So that the pings flow before anything happens.
  await sleep(200);
  await action();
  return stream.stop();
}

function expectNoneLost(lab: Lab, report: PingReport): void {
  expect(report.lost.length, describePings(report, lab.faults.events)).toBe(0);
  expect(report.answered.length).toBeGreaterThan(fewPackets);
  expect(report.duplicates).toBe(0);
}

/** Packets come in by every path again, at both sides, within some seconds. */
async function expectAllUsed(lab: Lab): Promise<void> {
  const counts = [await countArrivals(lab.topology, 'server'), await countArrivals(lab.topology, 'client')];
  await pingDuring(lab, () => sleep(1_000));
  for (const count of counts) {
    for (const [name, packets] of await count()) expect(packets, name).toBeGreaterThan(fewPackets);
  }
}

function printDelays(what: string, before: PingReport, during: PingReport): void {
  const p99 = (report: PingReport) => delayPercentile(report, 99).toFixed(2);
  console.log(`${what}: p99 delay ${p99(during)} ms, without the fault ${p99(before)} ms`);
}
