/**
 * Which sessions the server has and from which addresses they come, as the packet loop tells it. Clients
 * are news for the log; strangers are not, and a flood of either is summed up.
 */
import { formatAddress } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { LinkQuality } from './link-quality.ts';
import { LogBudget } from './log-budget.ts';
import type { PacketLoopEvents } from './packet-loop.ts';

type Told = Parameters<PacketLoopEvents['onTold']>[0];

export interface ServerPath {
  readonly number: number;
  /** Its address, as `192.0.2.7:41234`. */
  readonly name: string;
  readonly session: number;
}

export class ServerSessions {
  readonly #log: Log;
  readonly #budget: LogBudget;
  readonly #paths = new Map<number, ServerPath>();
  readonly #bySession = new Map<number, Set<ServerPath>>();
  readonly #confirmed = new Set<number>();
  #quality: LinkQuality | undefined;

  constructor(log: Log) {
    this.#log = log;
    this.#budget = new LogBudget(log);
  }

  /** From now on `quality` keeps the figures of every link. */
  follow(quality: LinkQuality): void {
    this.#quality = quality;
  }

  /** Every address now taken for a session's, strangers' included. */
  paths(): Iterable<ServerPath> {
    return this.#paths.values();
  }

  /** Sessions that WireGuard has answered. */
  confirmed(): ReadonlySet<number> {
    return this.#confirmed;
  }

  hear(message: Told): void {
    switch (message.is) {
      case 'path-learned':
        this.#learn(message.path, message.session, message.slot, formatAddress(message.address));
        break;
      case 'path-forgotten':
        this.#forget(message.path);
        break;
      case 'session-confirmed':
        this.#confirmed.add(message.session);
        for (const path of this.#bySession.get(message.session) ?? []) this.#sayJoined(path);
        break;
      case 'session-closed':
        this.#confirmed.delete(message.session);
        break;
      case 'notice':
        break; // logged by whoever started the loop
    }
  }

  #learn(number: number, session: number, slot: number, name: string): void {
    const path = { number, session, name };
    this.#leave(this.#paths.get(number)); // it changes over from another session
    this.#paths.set(number, path);
    const together = this.#bySession.get(session) ?? new Set();
    this.#bySession.set(session, together.add(path));
    this.#quality?.opened({ name, path: number, session, slot });
    if (this.#confirmed.has(session)) this.#sayJoined(path);
  }

  #leave(path: ServerPath | undefined): void {
    if (path === undefined) return;
    const together = this.#bySession.get(path.session);
    together?.delete(path);
    if (together?.size === 0) this.#bySession.delete(path.session);
  }

  #sayJoined({ name, session }: ServerPath): void {
    this.#budget.spend(() => this.#log.info({ address: name, session }, `client sends from ${name}`));
  }

  #forget(number: number): void {
    const path = this.#paths.get(number);
    this.#paths.delete(number);
    this.#leave(path);
    if (path !== undefined) this.#quality?.forget(path.name);
    if (path === undefined || !this.#confirmed.has(path.session)) return;
    const { name, session } = path;
    this.#budget.spend(() =>
      this.#log.info({ address: name, session }, `client no longer sends from ${name}`),
    );
  }
}
