/**
 * What is sent through a lab's tunnel to measure it: TCP at full speed with the processor time it costs, a
 * paced UDP load, and pings. Starting, comparing and printing are left to the benchmarks.
 * Sources: iperf3(1); proc(5) for schedstat, by way of process.mjs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Lab, tunnel } from '../test/lab/lab.ts';
import type { Namespace } from '../test/lab/namespace.ts';
import { type LostPing, startPings } from '../test/lab/ping-stream.ts';
import { Program } from '../test/lab/program.ts';
import { cpuNs } from './process.mjs';

/** TCP's slow start, which iperf3 leaves out. */
const omitSeconds = 1;
/** The processor time is taken between these distances from the start of the measured time and from its end. */
const cpuMarginMs = 250;
const firstPort = 5301;
/** Starting so many programs disturbs the pings of this long. */
const pingSettleMs = 500;
/** Above it one `ping` would spin while it waits (see ping-stream.ts): more of them take turns. */
const mostPerPing = 1000 / 15;

let portsUsed = 0;

/** `up`: from the client's side to the server's. */
export type Direction = 'up' | 'down';
export const directions = ['up', 'down'] as const;

export interface Throughput {
  /** What the receiving iperf3 got, without headers. */
  readonly megabitsPerSecond: number;
  readonly retransmits: number;
  /** Seconds of processor time for 10^9 bytes that came out of the tunnel, for each program of the tunnel. */
  readonly cpuSecondsPerGigabyte: Readonly<Record<TunnelProgram, number>>;
}

export type TunnelProgram = 'relay client' | 'relay server' | 'WireGuard client' | 'WireGuard server';

/** TCP as fast as it goes, one connection, measured for so many seconds after the first; iperf3 wants whole ones. */
export async function measureTcp(lab: Lab, direction: Direction, seconds: number): Promise<Throughput> {
  const server = await startServer(lab);
  const args = [...server.clientArgs, '-t', String(seconds), '-O', String(omitSeconds)];
  const running = lab.client.namespace.run('iperf3', [...args, '-J', ...directionArgs(direction)], {
    timeoutMs: (seconds + omitSeconds + 15) * 1000,
  });
  const [printed, cpuSecondsPerGigabyte] = await Promise.all([
    running,
    cpuPerGigabyte(lab, direction, seconds),
  ]);
  await server.program.stop();
  const { sum_received, sum_sent } = JSON.parse(printed).end;
  return {
    megabitsPerSecond: sum_received.bits_per_second / 1e6,
    retransmits: sum_sent.retransmits,
    cpuSecondsPerGigabyte,
  };
}

export interface Flood {
  readonly megabitsPerSecond: number;
  readonly lostPercent: number;
}

/**
 * UDP as fast as iperf3 can send 1,200-byte datagrams, more than the tunnel takes, for so many whole seconds: what
 * came out of it.
 */
export async function measureUdp(lab: Lab, direction: Direction, seconds: number): Promise<Flood> {
  const server = await startServer(lab);
  const flood = ['-u', '-b', '0', '-l', '1200', '-t', String(seconds)];
  const args = [...server.clientArgs, ...flood, '-J', ...directionArgs(direction)];
  const timeoutMs = (seconds + 15) * 1000;
  const { end } = JSON.parse(await lab.client.namespace.run('iperf3', args, { timeoutMs }));
  await server.program.stop();
  const { sum_sent, sum_received } = end;
  return {
    megabitsPerSecond: sum_received.bits_per_second / 1e6,
    lostPercent: 100 * (1 - sum_received.bytes / sum_sent.bytes),
  };
}

/** A steady UDP stream of 1,200-byte datagrams; stop it by the function returned. */
export async function startLoad(
  lab: Lab,
  direction: Direction,
  megabitsPerSecond: number,
): Promise<() => Promise<void>> {
  const server = await startServer(lab);
  const rate = ['-u', '-b', `${megabitsPerSecond}M`, '-l', '1200', '-t', '3600'];
  const args = [...server.clientArgs, ...rate, ...directionArgs(direction)];
  const load = new Program(lab.client.namespace, 'iperf3', args);
  return async () => {
    if (load.unexpectedEnd !== null) throw new Error(load.unexpectedEnd);
    await load.stop('SIGINT');
    await server.program.stop();
  };
}

export interface Delays {
  readonly sent: number;
  readonly lost: number;
  /** Round trips in milliseconds, in rising order. */
  readonly sortedMs: readonly number[];
}

/** Pings through the tunnel, evenly spaced, at least as many as asked for; takes 2.5 s longer than they do. */
export async function measurePings(lab: Lab, count: number, perSecond: number): Promise<Delays> {
  const streams = Math.ceil(perSecond / mostPerPing);
  const options = {
    namespace: lab.client.namespace,
    to: tunnel.server.ipv4,
    perSecond: perSecond / streams,
    isReadAtEnd: true,
  };
  const pings = [];
  for (let i = 0; i < streams; i++) {
    pings.push(startPings(options));
    // Started at once they would come in clumps.
    await sleep(1000 / perSecond);
  }
  const countedFromMs = Date.now() + pingSettleMs;
  await sleep(pingSettleMs + (count * 1000) / perSecond + 200);
  const reports = await Promise.all(pings.map((ping) => ping.stop()));
  const isCounted = ({ sentAtMs }: LostPing) => sentAtMs >= countedFromMs;
  const answered = reports.flatMap((report) => report.answered).filter(isCounted);
  const lost = reports.flatMap((report) => report.lost).filter(isCounted).length;
  return {
    sent: answered.length + lost,
    lost,
    sortedMs: answered.map((ping) => ping.delayMs).sort((a, b) => a - b),
  };
}

/** What was measured in several turns, as one. */
export function pooled(turns: readonly Delays[]): Delays {
  return {
    sent: turns.reduce((sum, turn) => sum + turn.sent, 0),
    lost: turns.reduce((sum, turn) => sum + turn.lost, 0),
    sortedMs: turns.flatMap((turn) => turn.sortedMs).sort((a, b) => a - b),
  };
}

/** The delay that so many per cent of the pings did not exceed; NaN without any. */
export function percentile({ sortedMs }: Delays, percent: number): number {
  return sortedMs[Math.max(0, Math.ceil((percent / 100) * sortedMs.length) - 1)] ?? Number.NaN;
}

/** Each test has a server and a port of its own: one that still ends a test refuses the next. */
async function startServer(lab: Lab): Promise<{ program: Program; clientArgs: string[] }> {
  const port = firstPort + portsUsed++;
  const program = new Program(lab.server.namespace, 'iperf3', ['-s', '-1', '-p', String(port)]);
  await program.waitFor(`TCP port ${port}`, () => hasTcpListener(lab.server.namespace, port));
  return { program, clientArgs: ['-c', tunnel.server.ipv4, '-p', String(port)] };
}

async function hasTcpListener(namespace: Namespace, port: number): Promise<boolean> {
  const listed = await namespace.run('cat', ['/proc/net/tcp', '/proc/net/tcp6']);
  // local_address rem_address st: 0A is TCP_LISTEN (proc(5), include/net/tcp_states.h).
  return new RegExp(`:${port.toString(16).toUpperCase()} [0-9A-F]+:0000 0A`).test(listed);
}

function directionArgs(direction: Direction): string[] {
  return direction === 'down' ? ['-R'] : [];
}

async function cpuPerGigabyte(
  lab: Lab,
  direction: Direction,
  seconds: number,
): Promise<Throughput['cpuSecondsPerGigabyte']> {
  await sleep(omitSeconds * 1000 + cpuMarginMs);
  const before = await takeUsage(lab, direction);
  await sleep(seconds * 1000 - 2 * cpuMarginMs);
  const after = await takeUsage(lab, direction);
  const gigabytes = (after.bytes - before.bytes) / 1e9;
  const perGigabyte = (name: TunnelProgram) => (after.cpuNs[name] - before.cpuNs[name]) / 1e9 / gigabytes;
  return {
    'relay client': perGigabyte('relay client'),
    'relay server': perGigabyte('relay server'),
    'WireGuard client': perGigabyte('WireGuard client'),
    'WireGuard server': perGigabyte('WireGuard server'),
  };
}

async function takeUsage(lab: Lab, direction: Direction) {
  const { namespace, wireguard } = direction === 'up' ? lab.server : lab.client;
  const file = `/sys/class/net/${wireguard.interfaceName}/statistics/rx_bytes`;
  const bytes = Number(await namespace.run('cat', [file]));
  const used = (program: Program | null) => (program?.pid === undefined ? 0 : cpuNs(program.pid));
  return {
    bytes,
    cpuNs: {
      'relay client': used(lab.client.program),
      'relay server': used(lab.server.program),
      'WireGuard client': used(lab.client.wireguard.program),
      'WireGuard server': used(lab.server.wireguard.program),
    },
  };
}
