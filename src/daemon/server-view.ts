/** The server as the manager shows it: the sessions that WireGuard has answered, and the addresses of each. */
import { hostname } from 'node:os';
import type {
  ActionResult,
  Instance,
  MetricsSnapshot,
  Path,
  ServerOverview,
  Session,
  SessionList,
  SessionQuery,
  SessionSummary,
} from '../contract/index.ts';
import { nowMs } from '../net/index.ts';
import type { Gauges } from './gauges.ts';
import type { MetricsView } from './metrics-view.ts';
import { type PathFacts, secondsSince, stateOf, viewPath } from './path-view.ts';
import type { RoleView } from './role-view.ts';
import type { RecordedLink } from './seconds.ts';
import type { ServerSessions } from './server-sessions.ts';
import type { SessionGauge } from './session-gauge.ts';
import { orderOf, worstOf } from './session-summary.ts';
import { ratesOf, trafficState, viewTunnel } from './tunnel-view.ts';

const NOT_A_CLIENT: ActionResult = {
  status: 'refused',
  code: 'not-a-client',
  message: "Cannot change links here: this is a server, whose links are its clients' addresses",
};

export interface ServerViewParts {
  readonly instance: () => Omit<Instance, 'hostName'>;
  readonly sessions: ServerSessions;
  readonly gauges: Gauges;
  readonly listening: string;
  readonly metrics: MetricsView;
}

export class ServerView implements RoleView {
  readonly watchedEveryMs = 1_000;
  readonly #parts: ServerViewParts;

  constructor(parts: ServerViewParts) {
    this.#parts = parts;
  }

  overview(): ServerOverview {
    const { instance, gauges } = this.#parts;
    const { counters } = gauges;
    const sessions = this.#sessions();
    const total = { inBitsPerSecond: 0, outBitsPerSecond: 0, inPacketsPerSecond: 0, outPacketsPerSecond: 0 };
    let paths = 0;
    let losing = 0;
    for (const session of sessions) {
      const rates = ratesOf(session);
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += rates[key];
      paths += session.count;
      if (session.tunnel.figures('1m').lost > 0) losing++;
    }
    return {
      role: 'server',
      instance: { ...instance(), hostName: hostname() },
      sessions: sessions.length,
      unconfirmedSessions: counters.relay('unconfirmedSessions'),
      paths,
      losing,
      rates: total,
      turnedAway:
        counters.relay('wrongMac1') +
        counters.relay('unknownIndex') +
        counters.relay('malformedFromNetwork') +
        counters.relay('newAddressesLimited') +
        counters.relay('unconfirmedExhausted') +
        counters.relay('unconfirmedLimited'),
    };
  }

  sessions({ search, sort, offset, limit }: SessionQuery): SessionList {
    const now = nowMs();
    const found = this.#sessions().filter((session) => search === undefined || matches(session, search));
    const all = found.map((session) => this.#summary(session, now)).sort(orderOf(sort));
    return { total: all.length, sessions: all.slice(offset, offset + limit) };
  }

  session(id: string): Session | undefined {
    const { gauges } = this.#parts;
    const session = this.#sessions().find((one) => one.id === id);
    if (session === undefined) return undefined;
    const now = nowMs();
    const lastMs = this.#lastMs(session);
    return {
      id,
      since: new Date(session.sinceMs).toISOString(),
      tunnel: viewTunnel(trafficState(session, lastMs, now), session, lastMs, now),
      paths: [...session.links()].map(
        (link): Path => viewPath(this.#facts(link.name), gauges.counters, session, link, now),
      ),
      whatIf: session.whatIf(),
    };
  }

  addresses(): { address: string; lastSeconds: number | null }[] {
    const now = nowMs();
    return this.#sessions().flatMap((session) =>
      [...session.links()].map((link) => ({
        address: link.name,
        lastSeconds: secondsSince(session.lastInMs(link), now),
      })),
    );
  }

  act(): Promise<ActionResult> {
    return Promise.resolve(NOT_A_CLIENT);
  }

  metrics(): MetricsSnapshot {
    const { gauges, sessions, metrics } = this.#parts;
    const confirmed = this.#sessions();
    return metrics.snapshot({
      totals: sessions.totals(),
      sessions: {
        confirmed: confirmed.length,
        unconfirmed: gauges.counters.relay('unconfirmedSessions'),
        losing: confirmed.filter(({ tunnel }) => tunnel.figures('1m').lost > 0).length,
      },
      states: confirmed.flatMap((session) => [...session.links()].map((link) => stateOf({}, link))),
    });
  }

  *recorded(): Iterable<readonly [SessionGauge, readonly RecordedLink[]]> {
    for (const session of this.#sessions()) {
      yield [
        session,
        [...session.links()].map((gauge) => ({ name: gauge.name, state: stateOf({}, gauge), gauge })),
      ];
    }
  }

  look(): boolean {
    const now = nowMs();
    for (const session of this.#sessions()) session.look(now);
    return false; // with a thousand sessions something always changes: every second is often enough
  }

  #sessions(): SessionGauge[] {
    return [...this.#parts.sessions.confirmed()].flatMap((number) => this.#parts.gauges.at(number) ?? []);
  }

  #summary(session: SessionGauge, now: number): SessionSummary {
    const lastMs = this.#lastMs(session);
    const paths = [...session.links()].map((link) => ({
      name: link.name,
      state: stateOf({}, link),
      lastSeconds: secondsSince(session.lastInMs(link), now),
      lossShare: link.figures.lossShare('1m'),
    }));
    return {
      id: session.id,
      since: new Date(session.sinceMs).toISOString(),
      state: trafficState(session, lastMs, now),
      lastSeconds: secondsSince(lastMs, now),
      rates: ratesOf(session),
      lossShare: session.tunnel.figures('1m').lossShare,
      worstLossShare: worstOf(paths),
      paths,
    };
  }

  #lastMs(session: SessionGauge): number {
    return this.#parts.gauges.counters.session(session.number, 'lastInMs');
  }

  #facts(name: string): PathFacts {
    const { listening } = this.#parts;
    return { name, reason: '', isChanged: false, source: listening, destination: name };
  }
}

function matches(session: SessionGauge, search: string): boolean {
  return session.id.includes(search) || [...session.links()].some(({ name }) => name.includes(search));
}
