/**
 * 200 pings a second through the tunnel while its three links (topology.ts) go down and come back at random:
 * none may be lost, and none may wait for a dead link. FLAP_SECONDS sets how long. FLAP_SEED repeats what
 * happens; when it happens depends on the machine too.
 */
import { describe, expect, test } from 'vitest';
import { flap } from './flap.ts';
import { startLab, tunnel } from './lab.ts';
import { delayPercentile, describePings, startPings } from './ping-stream.ts';
import { programObstacle, titled } from './requirements.ts';

const seconds = Number(process.env.FLAP_SECONDS ?? 30);
const seed = Number(process.env.FLAP_SEED ?? Date.now() % 1_000_000);
const timeoutMs = seconds * 1_000 + 90_000;

describe.skipIf(programObstacle !== null)(titled('flapping links', programObstacle), () => {
  test.each(['linux', 'portable'] as const)(
    'lose no ping on the %s engine',
    { timeout: timeoutMs },
    async (engine) => {
      const lab = await startLab({ paths: 3, engine });
      try {
        const stream = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4 });
        const { faults, topology } = lab;
        const stops = await flap({ faults, paths: topology.paths, seed, durationMs: seconds * 1_000 });
        const report = await stream.stop();
        const summary = describePings(report, faults.events);
        console.log(
          `flap, ${engine} engine, ${seconds} s, FLAP_SEED=${seed}: ${stops} links stopped; ${summary}`,
        );
        expect(report.lost.length, summary).toBe(0);
        // Packets held for a link that is down (unanswered ARP) must not hold up the others in a shared queue.
        expect(delayPercentile(report, 99), summary).toBeLessThan(100);
        expect(report.duplicates).toBe(0);
        expect(report.sent).toBeGreaterThan(seconds * 100);
        expect(stops).toBeGreaterThan(seconds / 5);
      } finally {
        await lab.stop();
      }
    },
  );
});
