/**
 * The relays under measurement, started side by side: ours with the Linux engine and with the portable one, and
 * the ceiling in C. One role each, everything on loopback. With two cores or more, relays have the second one to
 * themselves, and the load the first, so that neither takes the other's time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { compiled } from './ceiling/build.ts';
import { program } from './dist.mjs';
import { type NodeProgram, start } from './process.mjs';

export const contestants = ['ceiling', 'linux', 'portable'] as const;
/** Ours with the Linux engine and a web interface, at which nobody looks. */
export const WITH_WEB = 'linux + web';
/** The same with `lowLatency`: it never sleeps until a second after the last packet, and takes all of its core. */
export const LOW_LATENCY = 'linux + lowLatency';
export type Contestant = (typeof contestants)[number] | typeof WITH_WEB | typeof LOW_LATENCY;
export type Role = 'client' | 'server';

/** Below the range that the system hands out by itself. */
const RELAY_PORT = 27_401;
export const LOAD_PORT = 27_420;
export const SINK_PORT = 27_440;

/** Lines of its part of engarde.yml. */
const MORE_KEYS: Partial<Record<Contestant, string>> = {
  [WITH_WEB]: '  webManager: { listenAddr: "127.0.0.1:27480" }\n',
  [LOW_LATENCY]: '  lowLatency: true\n',
};

const LOAD_CORE = 0;
const RELAY_CORE = 1;
const canPin = availableParallelism() > 1;

export interface Relay {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** The ports that a role with so many paths sends to: one per path, or WireGuard's. */
export function sinkPorts(role: Role, paths: number): number[] {
  return Array.from({ length: role === 'client' ? paths : 1 }, (_, i) => SINK_PORT + i);
}

/** The port that a contestant's relay listens on. */
export function portOf(contestant: Contestant): number {
  return RELAY_PORT + [...contestants, WITH_WEB, LOW_LATENCY].indexOf(contestant);
}

/** Resolves when it carries packets from its port to the sinks. */
export async function startRelay(contestant: Contestant, role: Role, paths: number): Promise<Relay> {
  const port = portOf(contestant);
  const sinks = sinkPorts(role, paths);
  if (contestant === 'ceiling') {
    const relay = pinned(RELAY_CORE, compiled('relay'), [role, port, ...sinks]);
    await relay.line('ready');
    return { pid: relay.pid, port, stop: relay.stop };
  }
  const file = configuration(role, port, sinks, MORE_KEYS[contestant]);
  const engine = contestant === 'portable' ? 'portable' : 'linux';
  const environment = { RENGARDE_ENGINE: engine, STATE_DIRECTORY: folder };
  const relay = pinned(RELAY_CORE, process.execPath, [program(`rengarde-${role}`), file], environment);
  if (role === 'server') await relay.line('serving');
  else for (const sink of sinks) await relay.line(`path p${sink} is open`);
  return { pid: relay.pid, port, stop: relay.stop };
}

/** Starts a program on the core that the load has. */
export function startLoad(args: readonly (string | number)[]): NodeProgram {
  return pinned(LOAD_CORE, compiled('load'), args);
}

function pinned(core: number, command: string, args: readonly (string | number)[], environment = {}) {
  return canPin
    ? start('taskset', ['--cpu-list', core, command, ...args], environment)
    : start(command, args, environment);
}

const folder = mkdtempSync(`${tmpdir()}/rengarde-bench-`);
process.on('exit', () => rmSync(folder, { recursive: true }));

function configuration(role: Role, port: number, sinks: readonly number[], more = ''): string {
  const file = `${folder}/${role}-${port}-${sinks.length}.yml`;
  const ends = `  listenAddr: 127.0.0.1:${port}\n  dstAddr: 127.0.0.1:${sinks[0]}\n`;
  const paths = sinks.map((sink) => `    - { name: p${sink}, dstAddr: "127.0.0.1:${sink}" }\n`);
  const own = role === 'client' ? `${ends}  paths:\n${paths.join('')}` : ends;
  writeFileSync(file, `${role}:\n${own}${more}`);
  return file;
}
