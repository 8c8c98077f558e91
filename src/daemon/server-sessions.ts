/**
 * Which sessions the server has and from which addresses they come, as the packet loop tells it. Clients
 * are news for the log and the history; strangers are not, and a flood of either is summed up.
 */
import type { PacketLoopEvents } from '../loop/index.ts';
import { formatAddress, nowMs } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { Gauges } from './gauges.ts';
import { LogBudget } from './log-budget.ts';
import type { Notify } from './role-view.ts';
import { SessionTotals } from './session-totals.ts';

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
  /** This run's part of a session's id: numbers are given again, ids are not. */
  readonly #run = Math.floor(Date.now() / 1000).toString(36);
  readonly #gone = new SessionTotals();
  #sessionCount = 0;
  #gauges: Gauges | undefined;
  #notify: Notify = () => {};

  constructor(log: Log) {
    this.#log = log;
    this.#budget = new LogBudget(log);
  }

  /** From now on `gauges` keeps the figures of every link, and `notify` hears of clients. */
  follow(gauges: Gauges, notify: Notify): void {
    this.#gauges = gauges;
    this.#notify = notify;
  }

  /** Every address now taken for a session's, strangers' included. */
  paths(): Iterable<ServerPath> {
    return this.#paths.values();
  }

  /** Sessions that WireGuard has answered. */
  confirmed(): ReadonlySet<number> {
    return this.#confirmed;
  }

  /** What confirmed sessions and their addresses have counted, those that are gone included. */
  totals(): SessionTotals {
    const sessions = [...this.#confirmed].flatMap((number) => this.#gauges?.at(number) ?? []);
    return this.#gone.with(sessions);
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
        this.#confirm(message.session);
        break;
      case 'session-closed':
        this.#end(message.session);
        break;
      case 'notice':
        break; // logged by whoever started the loop
    }
  }

  #learn(number: number, session: number, slot: number, name: string): void {
    const path = { number, session, name };
    this.#leave(number); // it changes over from another session
    this.#paths.set(number, path);
    const together = this.#bySession.get(session) ?? new Set();
    this.#bySession.set(session, together.add(path));
    const gauge = this.#gauges?.at(session) ?? this.#gauges?.begin(session, this.#newId());
    gauge?.opened(name, { path: number, slot }, nowMs());
    if (this.#confirmed.has(session)) this.#sayJoined(path);
  }

  #confirm(session: number): void {
    this.#confirmed.add(session);
    const paths = this.#bySession.get(session) ?? [];
    const addresses = [...paths].map(({ name }) => name).join(', ');
    this.#budget.spend(() => this.#notify('session-began', { session: this.#idOf(session) }, addresses));
    for (const path of paths) this.#sayJoined(path);
  }

  #end(session: number): void {
    if (this.#confirmed.delete(session)) {
      const gauge = this.#gauges?.at(session);
      if (gauge !== undefined) this.#gone.addSession(gauge);
      this.#budget.spend(() => this.#notify('session-ended', { session: this.#idOf(session) }, ''));
    }
    this.#gauges?.end(session);
  }

  #forget(number: number): void {
    const path = this.#leave(number);
    if (path === undefined || !this.#confirmed.has(path.session)) return;
    const { name, session } = path;
    this.#budget.spend(() => {
      this.#log.info({ address: name, session }, `client no longer sends from ${name}`);
      this.#notify('path-down', { session: this.#idOf(session), path: name }, 'nothing came from it');
    });
  }

  /** The path is no longer its session's. A session left without any because they moved has merged. */
  #leave(number: number): ServerPath | undefined {
    const path = this.#paths.get(number);
    if (path === undefined) return undefined;
    this.#paths.delete(number);
    const gauge = this.#gauges?.at(path.session);
    const link = gauge?.find(path.name);
    if (link !== undefined && this.#confirmed.has(path.session)) this.#gone.addLink(link);
    gauge?.forget(path.name);
    const together = this.#bySession.get(path.session);
    together?.delete(path);
    if (together?.size === 0) this.#bySession.delete(path.session);
    return path;
  }

  #sayJoined({ name, session }: ServerPath): void {
    this.#budget.spend(() => {
      this.#log.info({ address: name, session }, `client sends from ${name}`);
      this.#notify('path-up', { session: this.#idOf(session), path: name }, '');
    });
  }

  #newId(): string {
    return `${this.#run}-${++this.#sessionCount}`;
  }

  #idOf(session: number): string {
    return this.#gauges?.at(session)?.id ?? '';
  }
}
