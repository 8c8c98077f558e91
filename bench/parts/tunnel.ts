/**
 * The whole tunnel, with real WireGuard at both ends, against a bare WireGuard on one path and against the ceiling,
 * a relay in C in the place of ours: TCP and UDP both ways, the processor time of every program, and the delay of
 * pings through a tunnel that has been idle for 20 s and beside a load of half of the UDP that a bare tunnel carries.
 * All contestants' tunnels are there at the same time and take short turns, within seconds of each other: what
 * disturbs the machine for minutes disturbs them all. In the lab, so as root.
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
  type Delays,
  type Direction,
  directions,
  measurePings,
  measureTcp,
  measureUdp,
  percentile,
  pooled,
  startLoad,
} from '../tunnel-traffic.ts';
import { inTurns, medianTurn } from '../turns.ts';

const PATHS = 3;
const BARE = 'bare';
const CEILING = 'ceiling';
const PINGS_PER_SECOND = 250;
/** Of them five decide on the p99.9. */
const PINGS = 5_000;
const PING_TURNS = 4;
const QUICK_PINGS = 500;
/** Until a load fills the queues. */
const SETTLE_MS = 1_000;
/** After a load Go and V8 tidy their heaps for some seconds, wherever nothing else is to be done. */
const IDLE_MS = 20_000;
const QUICK_IDLE_MS = 1_000;
/** The turn of median throughput counts. */
const TCP_TURNS = 5;
/** Of a UDP measurement; at least as long as asked for. */
const UDP_SECONDS = 4;

const WHAT = `${PATHS} paths`;
const tcpFigure = (direction: string) => `TCP ${direction}, Mb/s`;
const udpFigure = (direction: string) => `UDP ${direction}, Mb/s received`;
const relaysFigure = (direction: string) => `CPU ${direction}, both relays, s/GB`;
const receiverFigure = (direction: string) => `CPU ${direction}, receiving WireGuard, s/GB`;
const pingFigure = (percent: number, load: string) => `ping p${percent}, ${load}, ms`;

export async function measureTunnel(options: Options): Promise<Findings> {
  if (programObstacle !== null) throw new Error(programObstacle);
  const notebook = new Notebook('tunnel');
  const contestants = options.contestants.map((name) => ({ name, setUp: labOptions(name) }));
  for (let round = 0; round < options.rounds; round++) {
    const order = contestants.map((_, i) => contestants[(i + round) % contestants.length]!);
    await measureRound(notebook, options, order, (what) =>
      options.progress(`tunnel: round ${round + 1} of ${options.rounds}, ${what}`),
    );
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

interface Tunnel {
  readonly name: string;
  readonly lab: Lab;
}

/** New labs for each round: none inherits what another warmed up or wore out. */
async function measureRound(
  notebook: Notebook,
  options: Options,
  contestants: readonly { name: string; setUp: LabOptions }[],
  progress: (what: string) => void,
): Promise<void> {
  const tunnels: Tunnel[] = [];
  try {
    for (const { name, setUp } of contestants) tunnels.push({ name, lab: await startLab(setUp) });
    for (const direction of directions) {
      await noteTcp(notebook, tunnels, direction, options);
      await noteUdp(notebook, tunnels, direction, options);
      progress(`TCP and UDP ${direction}`);
    }
    await sleep(options.isQuick ? QUICK_IDLE_MS : IDLE_MS);
    await notePings(notebook, tunnels, options, 'idle', ({ lab }) => ping(lab, options));
    progress('pings, idle');
    await notePings(notebook, tunnels, options, 'half-loaded', async ({ name, lab }) => {
      const stopLoad = await startLoad(lab, 'up', halfOf(notebook, name));
      await sleep(SETTLE_MS);
      const delays = await ping(lab, options);
      await stopLoad();
      return delays;
    });
    progress('pings, half-loaded');
  } finally {
    await Promise.all(tunnels.map(({ lab }) => lab.stop()));
  }
}

async function noteTcp(
  notebook: Notebook,
  tunnels: readonly Tunnel[],
  direction: Direction,
  { isQuick, seconds }: Options,
): Promise<void> {
  const turns = isQuick ? 1 : TCP_TURNS;
  const found = await inTurns(tunnels, turns, ({ lab }) => measureTcp(lab, direction, Math.ceil(seconds)));
  const receiver = direction === 'up' ? 'WireGuard server' : 'WireGuard client';
  for (const [i, { name }] of tunnels.entries()) {
    const tcp = medianTurn(found[i]!, ({ megabitsPerSecond }) => megabitsPerSecond);
    const cpu = tcp.cpuSecondsPerGigabyte;
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
  }
}

async function noteUdp(
  notebook: Notebook,
  tunnels: readonly Tunnel[],
  direction: Direction,
  options: Options,
): Promise<void> {
  const seconds = Math.max(Math.ceil(options.seconds), options.isQuick ? 0 : UDP_SECONDS);
  for (const { name, lab } of tunnels) {
    const udp = await measureUdp(lab, direction, seconds);
    notebook.note(WHAT, name, {
      [udpFigure(direction)]: [udp.megabitsPerSecond, 'more'],
      [`UDP ${direction}, lost, %`]: [udp.lostPercent, 'neither'],
    });
  }
}

async function notePings(
  notebook: Notebook,
  tunnels: readonly Tunnel[],
  { isQuick }: Options,
  load: string,
  measure: (tunnel: Tunnel) => Promise<Delays>,
): Promise<void> {
  const found = await inTurns(tunnels, isQuick ? 1 : PING_TURNS, measure);
  for (const [i, { name }] of tunnels.entries()) {
    const pings = pooled(found[i]!);
    notebook.note(WHAT, name, {
      [pingFigure(50, load)]: [percentile(pings, 50), 'less'],
      [pingFigure(99, load)]: [percentile(pings, 99), 'less'],
      [pingFigure(99.9, load)]: [percentile(pings, 99.9), 'less'],
      [`pings lost, ${load}`]: [pings.lost, 'neither'],
    });
  }
}

function ping(lab: Lab, { isQuick }: Options): Promise<Delays> {
  return measurePings(lab, isQuick ? QUICK_PINGS : PINGS / PING_TURNS, PINGS_PER_SECOND);
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
