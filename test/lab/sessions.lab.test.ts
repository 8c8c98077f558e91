/**
 * Eight clients on one server port (crowd.ts), each with three links that go down and come back at random,
 * all pinging: none may lose a ping. SESSIONS_SECONDS sets how long. SESSIONS_SEED repeats what happens;
 * when it happens depends on the machine too.
 */
import { describe, expect, test } from 'vitest';
import { startCrowd } from './crowd.ts';
import { flap } from './flap.ts';
import { tunnel } from './lab.ts';
import { describePings, startPings } from './ping-stream.ts';
import { programObstacle, titled } from './requirements.ts';

const clients = 8;
const paths = 3;
const pingsPerSecond = 100;
const seconds = Number(process.env.SESSIONS_SECONDS ?? 12);
const seed = Number(process.env.SESSIONS_SEED ?? Date.now() % 1_000_000);
const timeoutMs = seconds * 1_000 + 90_000;

describe.skipIf(programObstacle !== null)(titled('eight clients on one port', programObstacle), () => {
  test.each(['linux', 'portable'] as const)(
    'lose no ping while their links flap, on the %s engine',
    { timeout: timeoutMs },
    async (engine) => {
      const crowd = await startCrowd({ clients, paths, engine });
      try {
        const streams = crowd.clients.map(({ topology }) =>
          startPings({ namespace: topology.client, to: tunnel.server.ipv4, perSecond: pingsPerSecond }),
        );
        const stops = await Promise.all(
          crowd.clients.map(({ topology, faults }, number) =>
            flap({ faults, paths: topology.paths, seed: seed + number, durationMs: seconds * 1_000 }),
          ),
        );
        const reports = await Promise.all(streams.map((stream) => stream.stop()));
        const accounts = reports.map(
          (report, number) =>
            `client ${number}: ${stops[number]} links stopped; ` +
            describePings(report, crowd.clients[number]!.faults.events),
        );
        const summary = accounts.join('\n');
        console.log(`sessions, ${engine} engine, ${seconds} s, SESSIONS_SEED=${seed}:\n${summary}`);
        for (const report of reports) {
          expect(report.lost.length, summary).toBe(0);
          expect(report.duplicates).toBe(0);
          expect(report.sent).toBeGreaterThan(seconds * pingsPerSecond * 0.5);
        }
        for (const count of stops) expect(count).toBeGreaterThan(seconds / 10);
      } finally {
        await crowd.stop();
      }
    },
  );
});
