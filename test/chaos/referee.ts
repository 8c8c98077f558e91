/**
 * The referee: one sender and receiver (referee-end.ts) in either host's namespace, the account of every packet,
 * the windows in which a program is down, and what this lab drops itself. It judges when the run is over.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '../lab/namespace.ts';
import { type Side, sides } from '../lab/topology.ts';
import {
  afterServingMs,
  type Evidence,
  graceMs,
  Ledger,
  type Spell,
  underWayMs,
  type Window,
} from './account.ts';
import { LabDropWatch } from './lab-drops.ts';
import { monotonicMs } from './monotonic.ts';
import type { Entries } from './referee-end.ts';

/** Whom it watches: two ends of a tunnel, by their namespaces and their addresses inside. */
export interface Watched {
  readonly namespaces: Readonly<Record<Side, Namespace>>;
  readonly addresses: Readonly<Record<Side, string>>;
  readonly port: number;
}

interface SidedWindow extends Window {
  readonly side: Side;
}

export class Referee {
  readonly ledgers = { up: new Ledger(), down: new Ledger() };
  readonly windows: SidedWindow[] = [];
  readonly spells: Spell[] = [];
  readonly drops: LabDropWatch;
  /** What shows that faults took place: corrupt copies made, copies that programs found to differ, requests answered. */
  readonly tallies = { corrupted: 0, differing: 0, requests: 0 };
  /** The longest time that a sender came too late, in ms: how busy the machine is. */
  longestStallMs = 0;
  readonly #ends;
  /** What was sent before does not count: the other end was not there yet. */
  #countsFromMs = Number.POSITIVE_INFINITY;

  /** Begins to send both ways at once; it counts from `ready()` on. */
  constructor({ namespaces, addresses, port }: Watched, packetsPerSecond: number) {
    this.#ends = sides.map((side) => {
      const peer = addresses[side === 'client' ? 'server' : 'client'];
      const args = [`${import.meta.dirname}/referee-end.ts`, peer, String(port), String(packetsPerSecond)];
      const child = namespaces[side].spawn(process.execPath, ['--import', 'tsx', ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      createInterface({ input: child.stdout! }).on('line', (line) => this.#write(side, JSON.parse(line)));
      return child;
    });
    const [client, server] = this.#ends.map(({ pid }) => pid!);
    this.drops = new LabDropWatch({ pids: { client: client!, server: server! } });
  }

  /** Resolves when packets arrive at both ends: from then on they count. */
  async ready(): Promise<void> {
    const deadlineMs = monotonicMs() + 20_000;
    while (Object.values(this.ledgers).some(({ receivedAtMs }) => receivedAtMs.length === 0)) {
      if (monotonicMs() > deadlineMs)
        throw new Error('Cannot begin: no packet came through the tunnel in 20 s');
      await sleep(50);
    }
    this.#countsFromMs = monotonicMs();
  }

  /** A program goes down now; the result tells that it serves again. */
  openWindow(side: Side, what: string): () => void {
    const window = { side, what, fromMs: monotonicMs() - underWayMs, toMs: Number.POSITIVE_INFINITY };
    this.windows.push(window);
    return () => {
      window.toMs = monotonicMs() + afterServingMs;
    };
  }

  /** A fault begins now; the result tells that it is over, to which its settling time is added. */
  openSpell(kind: string, target: string): (settleMs: number) => void {
    const spell = { kind, target, fromMs: monotonicMs(), toMs: Number.POSITIVE_INFINITY };
    this.spells.push(spell);
    return (settleMs) => {
      spell.toMs = monotonicMs() + settleMs;
    };
  }

  /** Stops sending, waits for what is on its way, and gives the evidence. */
  async close(): Promise<Evidence> {
    for (const { stdin } of this.#ends) stdin!.write('stop\n');
    await sleep(graceMs + 500);
    this.drops.stop();
    for (const { stdin } of this.#ends) stdin!.end();
    const { ledgers, windows, spells } = this;
    return { ledgers, windows, spells, labDrops: this.drops.drops };
  }

  #write(side: Side, { sent, refused, received, stallMs }: Entries): void {
    const [mine, theirs] = side === 'client' ? (['up', 'down'] as const) : (['down', 'up'] as const);
    eachPair(sent, (number, atMs) => {
      if (atMs >= this.#countsFromMs) this.ledgers[mine].sent(number, atMs);
    });
    eachPair(refused, (number) => this.ledgers[mine].refuse(number));
    eachPair(received, (number, atMs) => this.ledgers[theirs].received(number, atMs));
    this.longestStallMs = Math.max(this.longestStallMs, stallMs);
  }
}

function eachPair(list: readonly number[], call: (number: number, atMs: number) => void): void {
  for (let i = 0; i < list.length; i += 2) call(list[i]!, list[i + 1]!);
}
