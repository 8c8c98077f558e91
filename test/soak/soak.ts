/**
 * The soak: both programs under load for as long as asked, one of three links stopped every five seconds, metrics
 * asked for every fifteen, as by Prometheus, the history kept in a file, and all that they hold watched from outside.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuNs } from '../../bench/process.mjs';
import { request } from '../lab/http.ts';
import type { Program } from '../lab/program.ts';
import { type Side, sides } from '../lab/topology.ts';
import { type Drops, dropsIn } from './drops.ts';
import { hostIdleMs, managerPorts, Rig, type RigOptions, unexpectedEnds } from './rig.ts';
import { kindsOf, type Sample, sampleOf } from './samples.ts';

export const cycleMs = 5_000;
const stoppedMs = 2_000;
/** Late in a cycle: every link has been up for two seconds. */
const sampleAtMs = 4_500;
const cyclesPerMinute = 60_000 / cycleMs;
const scrapeEveryCycles = 3;
/** The load begins before the first cycle and goes on after the last. */
const marginS = 3;

const kinds = [
  ['cut', 'restore', 'client'],
  ['blackhole', 'clear', 'client'],
  ['cut', 'restore', 'server'],
  ['removeAddress', 'restoreAddress', 'client'],
] as const;

export interface SoakOptions extends RigOptions {
  readonly minutes: number;
  readonly say: (line: string) => void;
}

export interface Result {
  readonly flaps: number;
  /** Packets, not copies; all sessions together. */
  readonly up: { readonly sent: number; readonly arrived: number };
  readonly down: { readonly sent: number; readonly arrived: number };
  /** Packets sent less those that arrived, of the session that lacks most. */
  readonly worstSession: number;
  /** What the load's ends could not send: their own sockets were full. */
  readonly unsent: number;
  readonly handshakes: number;
  readonly drops: Drops;
  readonly samples: Readonly<Record<Side, readonly Sample[]>>;
  /** Descriptors and resources by kind, halfway and at the end. */
  readonly kinds: Readonly<Record<Side, readonly Readonly<Record<string, number>>[]>>;
  /** Packets not back yet, at each sample and at the end: what stays is lost, and this says since when. */
  readonly outstanding: readonly number[];
  /** Processor time that each took during the soak, in shares of one processor. */
  readonly processor: Readonly<Record<string, number>>;
  /** Requests for metrics that were not answered with 200. */
  readonly unanswered: number;
}

/** What clients.mjs says. */
interface Carried {
  readonly sent: number;
  readonly received: number;
  readonly worst: number;
  readonly refused: number;
  readonly handshakes: number;
}

/** Everything is gone when this resolves. @throws when something ended that should not */
export async function soak(options: SoakOptions): Promise<Result> {
  const rig = await Rig.build(options);
  try {
    return await run(rig, options);
  } finally {
    await rig.remove();
  }
}

async function run(rig: Rig, { minutes, say }: SoakOptions): Promise<Result> {
  const cycles = Math.round(minutes * cyclesPerMinute);
  const clients = await rig.startLoad((cycles * cycleMs) / 1_000 + 2 * marginS);
  const pids = sides.map((side) => rig.programs[side].pid!);
  const everybody = { ...rig.programs, clients, host: rig.host };
  const before = dropsIn(pids);
  const samples: Record<Side, Sample[]> = { client: [], server: [] };
  const found: Record<Side, Record<string, number>[]> = { client: [], server: [] };
  const outstanding: number[] = [];
  let unanswered = 0;
  await sleep(marginS * 1_000);
  const startMs = performance.now();
  const spent = cpuOf(everybody);
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    const at = (ms: number) => sleep(Math.max(0, startMs + cycle * cycleMs + ms - performance.now()));
    const scraped = cycle % scrapeEveryCycles === 0 ? scrape(rig) : 0;
    await flap(rig, cycle, at);
    unanswered += await scraped;
    await at(sampleAtMs);
    for (const side of sides) {
      const [pid, probe] = [rig.programs[side].pid!, rig.probe(side)];
      samples[side].push(sampleOf(pid, probe, (performance.now() - startMs) / 1_000));
      if (cycle === cycles >> 1 || cycle === cycles - 1) found[side].push(kindsOf(pid, probe));
    }
    const { sent, received } = latest(clients);
    outstanding.push(sent - received);
    const ends = [...unexpectedEnds(rig), ...(clients.unexpectedEnd === null ? [] : [clients.unexpectedEnd])];
    if (ends.length > 0) throw new Error(ends.join('\n'));
    if ((cycle + 1) % cyclesPerMinute === 0) say(progressOf((cycle + 1) / cyclesPerMinute, samples, clients));
    await at(cycleMs);
  }
  const processor = cpuOf(everybody);
  for (const name of Object.keys(processor)) {
    processor[name] = (processor[name]! - spent[name]!) / 1e6 / (cycles * cycleMs);
  }
  await clients.waitForOutput('"isOver":true', 60_000);
  const after = dropsIn(pids);
  const carried = latest(clients);
  outstanding.push(carried.sent - carried.received);
  await rig.host.waitForOutput('"echoed"', 2 * hostIdleMs);
  const echo = JSON.parse(rig.host.output.trim().split('\n').at(-1)!);
  return {
    flaps: cycles,
    up: { sent: carried.sent, arrived: echo.received },
    down: { sent: echo.echoed, arrived: carried.received },
    worstSession: carried.worst,
    unsent: carried.refused + echo.unsent,
    handshakes: carried.handshakes,
    drops: {
      lab: after.lab - before.lab,
      backlog: after.backlog - before.backlog,
      copies: after.copies - before.copies,
    },
    samples,
    kinds: found,
    outstanding,
    processor,
    unanswered,
  };
}

/** Stops one link in its turn, in one of the ways in its turn, and lets it go on after two seconds. */
async function flap(rig: Rig, cycle: number, at: (ms: number) => Promise<void>): Promise<void> {
  const path = rig.topology.paths[cycle % rig.topology.paths.length]!;
  const [stop, resume, side] = kinds[Math.floor(cycle / rig.topology.paths.length) % kinds.length]!;
  await rig.faults[stop](path, side);
  await at(stoppedMs);
  await rig.faults[resume](path, side);
}

async function scrape({ topology }: Rig): Promise<number> {
  const answers = sides.map((side) =>
    request(topology.host(side), `http://127.0.0.1:${managerPorts[side]}/metrics`),
  );
  return (await Promise.all(answers)).filter(({ status }) => status !== 200).length;
}

/** Nanoseconds so far, by name. */
function cpuOf(programs: Readonly<Record<string, Program>>): Record<string, number> {
  return Object.fromEntries(Object.entries(programs).map(([name, { pid }]) => [name, cpuNs(pid!)]));
}

function progressOf(
  minute: number,
  samples: Readonly<Record<Side, readonly Sample[]>>,
  clients: Program,
): string {
  const { sent, received } = latest(clients);
  const held = sides.map((side) => {
    const { residentMib, descriptors, threads, resources } = samples[side].at(-1)!;
    return `${side} ${residentMib.toFixed(1)} MiB, ${descriptors} descriptors, ${threads} threads, ${resources} resources`;
  });
  return `${String(minute).padStart(3)} min  ${sent} sent, ${sent - received} not back yet; ${held.join('; ')}`;
}

function latest(clients: Program): Carried {
  const lines = clients.output.trim().split('\n');
  const line = lines.findLast((one) => one.startsWith('{') && one.endsWith('}'));
  return line === undefined
    ? { sent: 0, received: 0, worst: 0, refused: 0, handshakes: 0 }
    : (JSON.parse(line) as Carried);
}
