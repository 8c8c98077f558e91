/**
 * What a running program holds, looked up in /proc and in what probe.mjs writes in its threads: memory, descriptors,
 * threads, and Node's timers and handles. What may grow and how far is judge.ts's.
 * Source: proc(5).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Figures that must stay level, with the unit in the name. */
export interface Sample {
  readonly atS: number;
  readonly residentMib: number;
  /** Of JavaScript objects that survived a collection, in the threads that have an event loop. */
  readonly heapMib: number;
  /** The same of memory outside of the heap that objects hold: buffers. */
  readonly buffersMib: number;
  readonly descriptors: number;
  readonly threads: number;
  /** Of Node: timers, sockets, file watches, in the threads that have an event loop. */
  readonly resources: number;
}

export type Figure = Exclude<keyof Sample, 'atS'>;

/** @param probe the file's name that probe.mjs was given */
export function sampleOf(pid: number, probe: string, atS: number): Sample {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const probes = probesOf(probe);
  return {
    atS,
    residentMib: Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024,
    heapMib: sum(probes.map(({ heapMib }) => heapMib)),
    buffersMib: sum(probes.map(({ buffersMib }) => buffersMib)),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)![1]),
    resources: sum(probes.flatMap(({ live }) => Object.values(live))),
  };
}

/** What the descriptors and resources are, by kind: to be compared when their number has changed. */
export function kindsOf(pid: number, probe: string): Record<string, number> {
  const kinds: Record<string, number> = {};
  const add = (kind: string, count: number) => {
    kinds[kind] = (kinds[kind] ?? 0) + count;
  };
  for (const fd of readdirSync(`/proc/${pid}/fd`)) add(`fd ${targetOf(`/proc/${pid}/fd/${fd}`)}`, 1);
  for (const { live } of probesOf(probe)) for (const [type, count] of Object.entries(live)) add(type, count);
  return kinds;
}

interface Probe {
  readonly live: Readonly<Record<string, number>>;
  readonly heapMib: number;
  readonly buffersMib: number;
}

function probesOf(probe: string): Probe[] {
  const own = readdirSync(dirname(probe)).filter((name) => name.startsWith(`${basename(probe)}.`));
  const files = own.filter((name) => !name.endsWith('.new'));
  return files.map((name) => JSON.parse(readFileSync(join(dirname(probe), name), 'utf8')) as Probe);
}

/** `socket` for `socket:[4711]`; empty when it was closed meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link).replace(/:\[\d+\]$/, '');
  } catch {
    return '';
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
