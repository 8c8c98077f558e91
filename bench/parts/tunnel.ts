/**
 * The whole tunnel, with real WireGuard at both ends, against a bare WireGuard on one path and against the ceiling,
 * a relay in C in the place of ours, in turn (A B A B): TCP and UDP both ways, the processor time of every program,
 * and the delay of pings through a tunnel that has been idle for 20 s and beside a load of half of the UDP that a
 * bare tunnel carries. In the lab, so as root.
 * Contestants: bare, ceiling, linux, portable; ceiling-1, linux-1 and portable-1 have one path only.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  clientPort,
  type Engine,
  type Lab,
  type LabOptions,
  serverPort,
  startLab,
  wireguardPort,
} from '../../test/lab/lab.ts';
import { programObstacle } from '../../test/lab/requirements.ts';
import { interfaceName, stableAddress } from '../../test/lab/topology.ts';
import { compiled } from '../ceiling/build.ts';
import { type Findings, Notebook } from '../measures.ts';
import type { Options } from '../options.ts';
import { median } from '../process.mjs';
import {
  directions,
  measurePings,
  measureTcp,
  measureUdp,
  percentile,
  startLoad,
} from '../tunnel-traffic.ts';

const PATHS = 3;
const BARE = 'bare';
const CEILING = 'ceiling';
const PINGS_PER_SECOND = 250;
/** Of them five decide on the p99.9. */
const PINGS = 5_000;
const QUICK_PINGS = 500;
/** Until a load fills the queues. */
const SETTLE_MS = 1_000;
/** After a load Go and V8 tidy their heaps for some seconds, wherever nothing else is to be done. */
const IDLE_MS = 20_000;
const QUICK_IDLE_MS = 1_000;
/** Of a TCP or UDP measurement; at least as long as asked for. */
const SECONDS = 4;

const WHAT = `${PATHS} paths`;
const tcpFigure = (direction: string) => `TCP ${direction}, Mb/s`;
const udpFigure = (direction: string) => `UDP ${direction}, Mb/s received`;
const relaysFigure = (direction: string) => `CPU ${direction}, both relays, s/GB`;
const receiverFigure = (direction: string) => `CPU ${direction}, receiving WireGuard, s/GB`;
const pingFigure = (percent: number, load: string) => `ping p${percent}, ${load}, ms`;

export async function measureTunnel(options: Options): Promise<Findings> {
  if (programObstacle !== null) throw new Error(programObstacle);
  const notebook = new Notebook('tunnel');
  const labs = options.contestants.map((name) => ({ name, lab: labOptions(name) }));
  for (let round = 0; round < options.rounds; round++) {
    // The first to be measured is bare: the others' load is half of the UDP that it carried.
    for (const [i] of labs.entries()) {
      const { name, lab } = labs[(i + round) % labs.length]!;
      await measure(notebook, options, name, lab);
      options.progress(`tunnel: round ${round + 1} of ${options.rounds}, ${name}`);
    }
  }
  for (const name of options.contestants) state(notebook, name);
  return notebook.findings;
}

function labOptions(contestant: string): LabOptions {
  const [, name, onePath] = /^(bare|ceiling|linux|portable)(-1)?$/.exec(contestant) ?? [];
  if (name === undefined) {
    const known = 'bare, ceiling, linux, portable, ceiling-1, linux-1 or portable-1';
    throw new Error(`Cannot measure "${contestant}": must be ${known}`);
  }
  const paths = name === BARE || onePath !== undefined ? 1 : PATHS;
  if (name === CEILING) return ceilingOptions(paths);
  return { engine: name as Engine | 'bare', paths };
}

function ceilingOptions(paths: number): LabOptions {
  const program = compiled('tunnel');
  const to = `${stableAddress.ipv4}:${serverPort}`;
  const devices = Array.from({ length: paths }, (_, path) => `${interfaceName('client', path)}=${to}`);
  return {
    engine: 'linux',
    paths,
    relay: (side) =>
      side === 'client'
        ? [program, side, String(clientPort), ...devices]
        : [program, side, String(serverPort), String(wireguardPort)],
  };
}

/** A new lab for each: no round inherits what another warmed up or wore out. */
async function measure(
  notebook: Notebook,
  options: Options,
  name: string,
  forLab: LabOptions,
): Promise<void> {
  const lab = await startLab(forLab);
  try {
    const seconds = Math.max(options.seconds, options.isQuick ? 0 : SECONDS);
    await measureThroughput(notebook, name, lab, seconds);
    const pings = options.isQuick ? QUICK_PINGS : PINGS;
    await sleep(options.isQuick ? QUICK_IDLE_MS : IDLE_MS);
    await notePings(notebook, name, lab, pings, 'idle');
    const stopLoad = await startLoad(lab, 'up', halfOf(notebook, name));
    await sleep(SETTLE_MS);
    await notePings(notebook, name, lab, pings, 'half-loaded');
    await stopLoad();
  } finally {
    await lab.stop();
  }
}

async function measureThroughput(notebook: Notebook, name: string, lab: Lab, seconds: number): Promise<void> {
  for (const direction of directions) {
    const tcp = await measureTcp(lab, direction, seconds);
    const cpu = tcp.cpuSecondsPerGigabyte;
    const receiver = direction === 'up' ? 'WireGuard server' : 'WireGuard client';
    notebook.note(WHAT, name, {
      [tcpFigure(direction)]: [tcp.megabitsPerSecond, 'more'],
      [`TCP ${direction}, retransmits`]: [tcp.retransmits, 'neither'],
      ...(name !== BARE && {
        [relaysFigure(direction)]: [cpu['relay client'] + cpu['relay server'], 'less'],
        [`CPU ${direction}, client, s/GB`]: [cpu['relay client'], 'less'],
        [`CPU ${direction}, server, s/GB`]: [cpu['relay server'], 'less'],
      }),
      [receiverFigure(direction)]: [cpu[receiver], 'less'],
    });
    const udp = await measureUdp(lab, direction, seconds);
    notebook.note(WHAT, name, {
      [udpFigure(direction)]: [udp.megabitsPerSecond, 'more'],
      [`UDP ${direction}, lost, %`]: [udp.lostPercent, 'neither'],
    });
  }
}

async function notePings(notebook: Notebook, name: string, lab: Lab, count: number, load: string) {
  const pings = await measurePings(lab, count, PINGS_PER_SECOND);
  notebook.note(WHAT, name, {
    [pingFigure(50, load)]: [percentile(pings, 50), 'less'],
    [pingFigure(99, load)]: [percentile(pings, 99), 'less'],
    [pingFigure(99.9, load)]: [percentile(pings, 99.9), 'less'],
    [`pings lost, ${load}`]: [pings.lost, 'neither'],
  });
}

/** Mb/s: half of what UDP got through the bare tunnel so far, or through this one when there is no bare. */
function halfOf(notebook: Notebook, name: string): number {
  const bare = notebook.values(WHAT, udpFigure('up'), BARE);
  return Math.round(median(bare.length > 0 ? bare : notebook.values(WHAT, udpFigure('up'), name)) / 2);
}

function state(notebook: Notebook, name: string): void {
  if (!name.startsWith('linux')) return;
  for (const direction of directions) {
    notebook.wantRatio(WHAT, tcpFigure(direction), [name, BARE], { atLeast: 0.92 });
    notebook.wantRatio(WHAT, relaysFigure(direction), [name, 'portable'], { atMost: 0.25 });
    notebook.wantRatio(WHAT, receiverFigure(direction), [name, BARE], { atMost: 1.15 });
  }
  for (const load of ['idle', 'half-loaded']) {
    for (const [percent, atMost] of [
      [99, 0.3],
      [99.9, 0.8],
    ] as const) {
      const bare = notebook.values(WHAT, pingFigure(percent, load), BARE);
      const ours = notebook.values(WHAT, pingFigure(percent, load), name);
      const later = ours.map((value, round) => value - (bare[round] ?? Number.NaN));
      notebook.want(`${WHAT}: ${pingFigure(percent, load)}, ${name} less ${BARE}`, later, { atMost });
    }
  }
}
