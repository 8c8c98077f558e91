/**
 * What this lab itself drops on a busy machine, as the kernel counts it: packets for which the referee's or
 * WireGuard's socket was full, those that the tunnel's device could not hand to a wireguard-go that got no
 * processor time, and those for which the kernel's backlog was full. Drops of rengarde's own sockets are
 * counted beside them, but are no excuse.
 * Sources: proc(5) for net/udp, net/udp6, net/dev and the columns of net/softnet_stat.
 */
import { readFileSync } from 'node:fs';
import { clientPort, serverPort, wireguardPort } from '../lab/lab.ts';
import { type Side, sides } from '../lab/topology.ts';
import type { Direction, LabDrops } from './account.ts';
import { monotonicMs } from './monotonic.ts';
import { refereePorts } from './referee-ports.ts';

const nameServerPort = 53;
const lookEveryMs = 200;

export interface Places {
  /** A process inside of each host's namespace that lives as long as the run. */
  readonly pids: Readonly<Record<Side, number>>;
}

type Reading = ReadonlyMap<string, Counter>;
interface Counter {
  readonly value: number;
  readonly what: string;
  readonly direction?: Direction;
  readonly isRengarde?: true;
}

/** Looks five times a second until `stop()`. */
export class LabDropWatch {
  readonly drops: LabDrops[] = [];
  /** What rengarde's own sockets had no room for. */
  readonly ofRengarde: LabDrops[] = [];
  readonly #places: Places;
  readonly #timer: NodeJS.Timeout;
  #before: Reading;
  #beforeMs = monotonicMs();

  constructor(places: Places) {
    this.#places = places;
    this.#before = read(places);
    this.#timer = setInterval(() => this.look(), lookEveryMs);
  }

  look(): void {
    const now = read(this.#places);
    const nowMs = monotonicMs();
    for (const [key, { value, what, direction, isRengarde }] of now) {
      const count = value - (this.#before.get(key)?.value ?? 0);
      if (count <= 0) continue;
      const span = { fromMs: this.#beforeMs, toMs: nowMs };
      const drop = { ...span, what, count, ...(direction !== undefined && { direction }) };
      (isRengarde ? this.ofRengarde : this.drops).push(drop);
    }
    this.#before = now;
    this.#beforeMs = nowMs;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.look();
  }
}

function read({ pids }: Places): Reading {
  const counters = new Map<string, Counter>();
  const softnet = rows(1, 'softnet_stat').map(([, dropped]) => Number.parseInt(dropped!, 16));
  const backlog = softnet.reduce((sum, dropped) => sum + dropped, 0);
  counters.set('softnet', { value: backlog, what: "the kernel's backlog was full" });
  for (const side of sides) {
    for (const row of [...rows(pids[side], 'udp').slice(1), ...rows(pids[side], 'udp6').slice(1)]) {
      const [, local, remote] = row as [string, string, string];
      const owner = ownerOf(side, portOf(local), portOf(remote));
      counters.set(`socket ${row[9]}`, { value: Number(row.at(-1)), ...owner });
    }
    for (const row of rows(pids[side], 'dev').slice(2)) {
      if (!row[0]!.startsWith('rgl')) continue;
      // Column 12: "drop" of what was to be sent; the name takes the first.
      const what = `the ${side}'s WireGuard was too slow for its device`;
      const direction = side === 'client' ? 'up' : 'down';
      counters.set(`device ${row[0]}`, { value: Number(row[12]), what, direction });
    }
  }
  return counters;
}

/** What arrives at a host goes upwards when that is the server. */
function ownerOf(side: Side, local: number, remote: number): Omit<Counter, 'value'> {
  const direction = side === 'server' ? 'up' : 'down';
  if (Object.values<number>(refereePorts).includes(local))
    return { what: `the referee's socket at the ${side} was full`, direction };
  const rengardes = [clientPort, serverPort];
  if (rengardes.includes(local) || rengardes.includes(remote) || remote === wireguardPort) {
    return { what: `a socket of rengarde at the ${side} was full (${local} to ${remote})`, isRengarde: true };
  }
  if (local === nameServerPort || remote !== 0) return { what: 'another socket was full', isRengarde: true };
  return { what: `WireGuard's socket at the ${side} was full`, direction };
}

function rows(pid: number, file: string): string[][] {
  let text = '';
  try {
    text = readFileSync(`/proc/${pid}/net/${file}`, 'utf8');
  } catch {
    // The process has just ended: the run is over, or says itself that it died.
  }
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}
