/**
 * Says when the kernel had no room for datagrams in one of this program's receive buffers, which the packet loop never
 * gets to know: the program was not run for too long, or the buffers are small. Looks from outside, seldom.
 * Source: proc(5), net/udp: column 10 is the inode, the last one what was dropped; socket(7), rmem_max.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Log } from '../telemetry/index.ts';

const LOOK_EVERY_MS = 5_000;
/** A socket that goes on to drop is named again after this long. */
const REPEAT_AFTER_MS = 60_000;
/** What the engine asks for on the network's side. */
const WANTED_BYTES = 4 << 20;
/** May set buffers past the system's limit: capabilities(7), SO_RCVBUFFORCE. */
const CAP_NET_ADMIN = 12n;
const NONE: ReadonlySet<string> = new Set();
const TABLES = ['net/udp', 'net/udp6'];

interface Seen {
  readonly isOwn: boolean;
  /** Drops when last reported, and when that was. */
  reported: number;
  atMs: number;
}

export class FullSockets {
  readonly #log: Log;
  readonly #process: string;
  readonly #system: string;
  /** By the socket's inode. */
  #seen = new Map<string, Seen>();

  /** @param process `/proc/self`, and `system` `/proc/sys`: others in tests */
  constructor(log: Log, process = '/proc/self', system = '/proc/sys') {
    this.#log = log;
    this.#process = process;
    this.#system = system;
  }

  /** Looks for as long as the program runs, and keeps it from nothing. */
  start(): void {
    setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** Where there is no such table, there is nothing to say. */
  look(nowMs = performance.now()): void {
    // Memory, not a disk: read by the thread pool it would wake this thread a dozen times.
    const full = TABLES.flatMap((name) => rowsWithDrops(read(`${this.#process}/${name}`)));
    // Thousands of descriptors may be open: they are gone through for a socket that was not among the full ones.
    const isNew = full.some(({ inode }) => !this.#seen.has(inode));
    const own = isNew ? this.#ownInodes() : NONE;
    if (own === undefined) return;
    const seen = new Map<string, Seen>();
    for (const { inode, port, drops } of full) {
      const last = this.#seen.get(inode) ?? {
        isOwn: own.has(inode),
        reported: 0,
        atMs: Number.NEGATIVE_INFINITY,
      };
      seen.set(inode, last);
      if (!last.isOwn || drops <= last.reported || nowMs - last.atMs < REPEAT_AFTER_MS) continue;
      const count = drops - last.reported;
      seen.set(inode, { isOwn: true, reported: drops, atMs: nowMs });
      this.#log.warn(
        { port, count },
        `${count} datagrams lost at the socket on port ${port}: its receive buffer was full; ${this.#remedy()}`,
      );
    }
    this.#seen = seen;
  }

  /** Undefined when it cannot be told now: to list descriptors takes one. */
  #ownInodes(): ReadonlySet<string> | undefined {
    let descriptors: string[];
    try {
      descriptors = readdirSync(`${this.#process}/fd`);
    } catch {
      return undefined;
    }
    const links = descriptors.map((fd) => {
      try {
        return readlinkSync(`${this.#process}/fd/${fd}`);
      } catch {
        return ''; // closed since
      }
    });
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  }

  #remedy(): string {
    const limit = Number(read(`${this.#system}/net/core/rmem_max`));
    const capabilities = BigInt(`0x${/CapEff:\s+(\w+)/.exec(read(`${this.#process}/status`))?.[1] ?? '0'}`);
    const isLimited = ((capabilities >> CAP_NET_ADMIN) & 1n) === 0n && !(limit >= WANTED_BYTES);
    return isLimited
      ? `raise net.core.rmem_max${limit > 0 ? ` from ${limit}` : ''} to ${WANTED_BYTES} (sysctl) and start the program again`
      : 'the host was too busy to run the program in time';
  }
}

function rowsWithDrops(table: string): { inode: string; port: number; drops: number }[] {
  const lines = table.split('\n').slice(1);
  const full = lines.filter((line) => line !== '' && !/ 0\s*$/.test(line));
  return full.map((line) => {
    const columns = line.trim().split(/\s+/);
    const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16);
    return { inode: columns[9] ?? '', port, drops: Number(columns.at(-1)) };
  });
}

/** Empty where the sandbox does not show it. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
