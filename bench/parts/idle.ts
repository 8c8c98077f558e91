/**
 * What a program costs that does nothing, and how long it takes to do something: from its start to the first
 * packet that comes out, with a packet sent to it every millisecond; then, without packets, the part of a core
 * that it uses, and resident memory. Three paths.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Contestant,
  portOf,
  type Relay,
  type Role,
  SINK_PORT,
  startRelay,
  WITH_WEB,
} from '../contestants.ts';
import { type Findings, Notebook } from '../measures.ts';
import type { Options } from '../options.ts';
import { cpuNs, residentMiB } from '../process.mjs';

const PATHS = 3;
/** What was put off at the start is done by then: V8 looks for memory to give back some 8 s and some 17 s after it. */
const SETTLE_MS = 25_000;
const IDLE_MS = 10_000;
const QUICK_MS = 2_000;
const GIVE_UP_MS = 20_000;
/** WireGuard data of an unknown session: a server passes it on as well. */
const packet = Buffer.alloc(128);
packet.writeUInt32LE(4, 0);
packet.writeUInt32LE(0x01020304, 4);
/** Its counter tells which start a packet belongs to: an earlier program may still be emptying its queue. */
const COUNTER_AT = 8;
let starts = 0;

const FIRST = 'start to first packet, ms';
const CPU = 'idle, % of a core';
const MEMORY = 'idle, resident MiB';

export async function measureIdle(options: Options): Promise<Findings> {
  const notebook = new Notebook('idle');
  for (let round = 0; round < options.rounds; round++) {
    for (const role of ['client', 'server'] as const) await measureRound(notebook, options, role, round);
    options.progress(`idle: round ${round + 1} of ${options.rounds}`);
  }
  notebook.want(`client: ${FIRST}`, notebook.values('client', FIRST, 'linux'), { atMost: 400 });
  for (const role of ['client', 'server']) {
    for (const name of ['linux', WITH_WEB]) {
      notebook.want(`${role}, ${name}: ${CPU}`, notebook.values(role, CPU, name), { atMost: 0.3 });
      notebook.want(`${role}, ${name}: ${MEMORY}`, notebook.values(role, MEMORY, name), { atMost: 100 });
    }
  }
  return notebook.findings;
}

/** Started one after the other, then idle at the same time. */
async function measureRound(notebook: Notebook, options: Options, role: Role, round: number): Promise<void> {
  const all: readonly Contestant[] = ['linux', WITH_WEB, 'portable'];
  const order = all.map((_, i) => all[(i + round) % all.length]!);
  const relays: [Contestant, Relay][] = [];
  try {
    for (const name of order) {
      const { relay, firstPacketMs } = await startTimed(name, role);
      relays.push([name, relay]);
      notebook.note(role, name, { [FIRST]: [firstPacketMs, 'less'] });
    }
    await sleep(options.isQuick ? QUICK_MS : SETTLE_MS);
    const before = relays.map(([, { pid }]) => cpuNs(pid));
    const startMs = performance.now();
    await sleep(options.isQuick ? QUICK_MS : IDLE_MS);
    for (const [i, [name, { pid }]] of relays.entries()) {
      const usedMs = (cpuNs(pid) - before[i]!) / 1e6;
      notebook.note(role, name, {
        [CPU]: [(100 * usedMs) / (performance.now() - startMs), 'less'],
        [MEMORY]: [residentMiB(pid), 'less'],
      });
    }
  } finally {
    for (const [, relay] of relays) await relay.stop();
  }
}

async function startTimed(name: Contestant, role: Role): Promise<{ relay: Relay; firstPacketMs: number }> {
  const sink = createSocket('udp4').bind(SINK_PORT, '127.0.0.1');
  const load = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(sink, 'listening'), once(load, 'listening')]);
  packet.writeUInt32LE(++starts, COUNTER_AT);
  const startMs = performance.now();
  const starting = startRelay(name, role, PATHS);
  const sending = setInterval(() => load.send(packet, portOf(name), '127.0.0.1'), 1);
  try {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    for (let counter = 0; counter !== starts; ) {
      const [arrived] = (await once(sink, 'message', { signal })) as [Buffer];
      counter = arrived.readUInt32LE(COUNTER_AT);
    }
    const firstPacketMs = performance.now() - startMs;
    return { relay: await starting, firstPacketMs };
  } catch (error) {
    throw new Error(`Cannot get a packet through ${name} as ${role}: ${(error as Error).message}`);
  } finally {
    clearInterval(sending);
    sink.close();
    load.close();
  }
}
