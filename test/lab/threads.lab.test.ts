/**
 * Four clients on one server port (crowd.ts), the server with two threads: clients are spread over both, and none
 * loses a ping, neither as they come, nor after new keys, nor after a restart of the server.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Crowd, startCrowd } from './crowd.ts';
import { tunnel } from './lab.ts';
import { describePings, pingFor } from './ping-stream.ts';
import { programObstacle, titled } from './requirements.ts';

const clients = 4;
const phaseMs = 2_000;

describe.skipIf(programObstacle !== null)(titled('a server with two threads', programObstacle), () => {
  let crowd: Crowd;
  beforeAll(async () => {
    crowd = await startCrowd({ clients, paths: 2, engine: 'linux', server: { threads: 2 } });
  });
  afterAll(() => crowd?.stop());

  test('loses no ping while its clients are spread', async () => {
    expect(crowd.server.output).toContain('linux engine, 2 threads');
    await expectNoPingLost('spread');
  });

  test('loses no ping after every client has new keys', async () => {
    await Promise.all(crowd.clients.map((client) => client.forgetKeys()));
    await expectNoPingLost('new keys');
  });

  test('loses no ping after a restart', async () => {
    const server = await crowd.restartServer();
    await expectNoPingLost('restart');
    expect(server.output).toContain('2 threads');
  });

  async function expectNoPingLost(what: string): Promise<void> {
    const reports = await Promise.all(
      crowd.clients.map(({ topology }) =>
        pingFor(phaseMs, { namespace: topology.client, to: tunnel.server.ipv4, perSecond: 100 }),
      ),
    );
    const summary = reports.map((report, number) => `client ${number}: ${describePings(report)}`).join('\n');
    console.log(`two threads, ${what}:\n${summary}`);
    for (const report of reports) {
      expect(report.lost.length, summary).toBe(0);
      expect(report.duplicates).toBe(0);
      expect(report.sent).toBeGreaterThan((phaseMs / 1_000) * 100 * 0.4);
    }
  }
});
