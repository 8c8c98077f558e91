/**
 * The server program ends and starts again in mid-traffic, asked to (SIGTERM) and not (SIGKILL). The new one
 * knows nobody: the session must go on by itself, without a handshake, as soon as the program listens.
 * RESTARTS sets how often each way. Links as in topology.ts.
 *
 *     listening   the UDP port is bound, as the kernel's table says (to about 1 ms)
 *     back        the first answer after that reaches the client: 500 pings a second, one every 2 ms
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Lab, serverPort, startLab, tunnel } from './lab.ts';
import { type PingReport, startPings } from './ping-stream.ts';
import { programObstacle, titled } from './requirements.ts';

const restarts = Number(process.env.RESTARTS ?? 5);
const pingsPerSecond = 500;
/** Traffic before each end, and after the last start. */
const settleMs = 700;
const wantedMs = 100;
const startTimeoutMs = 10_000;

describe.skipIf(programObstacle !== null)(titled('restart of the server', programObstacle), () => {
  test.each([
    ['linux', 'SIGTERM'],
    ['linux', 'SIGKILL'],
    ['portable', 'SIGTERM'],
    ['portable', 'SIGKILL'],
  ] as const)('is over soon after it listens, %s engine, %s', async (engine, signal) => {
    const lab = await startLab({ paths: 3, engine });
    try {
      const handshakes = await latestHandshakes(lab);
      const stream = startPings({
        namespace: lab.client.namespace,
        to: tunnel.server.ipv4,
        perSecond: pingsPerSecond,
      });
      const moments: { endedAtMs: number; listeningAtMs: number }[] = [];
      for (let round = 0; round < restarts; round += 1) {
        await sleep(settleMs);
        const endedAtMs = Date.now();
        await lab.server.restart(signal);
        moments.push({ endedAtMs, listeningAtMs: await listening(lab) });
      }
      await sleep(settleMs);
      const report = await stream.stop();

      const back = moments.map(({ listeningAtMs }) => firstAnswer(report, listeningAtMs) - listeningAtMs);
      const gaps = moments.map(({ endedAtMs, listeningAtMs }) => listeningAtMs - endedAtMs);
      console.log(
        `restart, ${engine} engine, ${signal}, ${restarts} times: back ${median(back).toFixed(1)} ms after ` +
          `listening (${list(back)}), which took ${median(gaps).toFixed(0)} ms (${list(gaps)})`,
      );
      expect(median(back)).toBeLessThanOrEqual(wantedMs);
      expect(await latestHandshakes(lab)).toEqual(handshakes);
      // Nothing is lost but what was sent while nobody listened.
      const lostElsewhere = report.lost.filter(
        ({ sentAtMs }) =>
          !moments.some(
            ({ endedAtMs, listeningAtMs }) =>
              sentAtMs > endedAtMs - 20 && sentAtMs < listeningAtMs + wantedMs,
          ),
      );
      expect(lostElsewhere).toEqual([]);
      expect(report.answered.length).toBeGreaterThan((restarts * settleMs * pingsPerSecond) / 1000 / 2);
    } finally {
      await lab.stop();
    }
  });
});

/** Waits until the server's port is bound; the Unix time in milliseconds when it was first seen. */
async function listening(lab: Lab): Promise<number> {
  // A neighbour's view of the namespace: the new program is not inside from its first moment on.
  const table = `/proc/${lab.server.wireguard.program.pid}/net/udp`;
  const port = `:${serverPort.toString(16).toUpperCase()} `;
  const deadlineMs = Date.now() + startTimeoutMs;
  while (!readFileSync(table, 'utf8').includes(port)) {
    if (Date.now() > deadlineMs) throw new Error(`Nobody listens: ${lab.server.program?.output}`);
    await sleep(1);
  }
  return Date.now();
}

function firstAnswer(report: PingReport, afterMs: number): number {
  const arrivals = report.answered.map(({ sentAtMs, delayMs }) => sentAtMs + delayMs);
  return Math.min(...arrivals.filter((atMs) => atMs >= afterMs));
}

async function latestHandshakes({ client, server }: Lab): Promise<number[]> {
  return Promise.all([client.wireguard.latestHandshake(), server.wireguard.latestHandshake()]);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(1)).join(', ');
}
