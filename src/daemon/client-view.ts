/** The client as the manager shows it: one session, its links, and why those that don't carry don't. */
import { hostname } from 'node:os';
import type {
  Action,
  ActionResult,
  ClientOverview,
  Instance,
  LinkMetrics,
  MetricsSnapshot,
  Path,
  PathState,
  Session,
  SessionList,
  SessionQuery,
  TunnelState,
} from '../contract/index.ts';
import { formatAddress, nowMs } from '../net/index.ts';
import { type ClientPaths, MOST_CLIENT_PATHS } from './client-paths.ts';
import type { DemoControl } from './demo-control.ts';
import type { Gauges } from './gauges.ts';
import { type MetricsView, unixSeconds } from './metrics-view.ts';
import { type PathFacts, stateOf, viewPath } from './path-view.ts';
import type { RoleView } from './role-view.ts';
import type { RecordedLink } from './seconds.ts';
import type { LinkGauge, SessionGauge } from './session-gauge.ts';
import { summarize } from './session-summary.ts';
import { countsOf, SessionTotals } from './session-totals.ts';
import { isOpen, trafficState, viewTunnel } from './tunnel-view.ts';

/** Nothing came back for so long although so much was sent: nobody answers. */
const UNANSWERED_MS = 12_000;
const UNANSWERED_PACKETS = 5;
/** On average; WireGuard's keepalives are 32 bytes long and get no answer. */
const UNANSWERED_BYTES = 40;

export interface ClientViewParts {
  readonly instance: () => Omit<Instance, 'hostName'>;
  readonly paths: ClientPaths;
  readonly session: SessionGauge;
  readonly gauges: Gauges;
  readonly isChanged: (name: string) => boolean;
  readonly labelOf: (name: string) => string | undefined;
  readonly act: (action: Action) => Promise<ActionResult>;
  readonly demo: DemoControl | undefined;
  readonly metrics: MetricsView;
}

export class ClientView implements RoleView {
  /** A link's fall must be seen within a second; this leaves most of it to notice the silence itself. */
  readonly watchedEveryMs = 200;
  readonly #parts: ClientViewParts;
  /** What WireGuard had sent when something last came from the network, and when that was. */
  #heard = { packets: 0, bytes: 0, lastInMs: 0 };
  #states = '';

  constructor(parts: ClientViewParts) {
    this.#parts = parts;
  }

  overview(): ClientOverview {
    const { instance, demo } = this.#parts;
    return {
      role: 'client',
      instance: { ...instance(), hostName: hostname() },
      session: this.#session(),
      ...(demo !== undefined && { demo: [...demo.links()] }),
    };
  }

  sessions({ search = '', offset, limit }: SessionQuery): SessionList {
    const session = this.#session();
    const isFound = [session.id, ...session.paths.map(({ name }) => name)].some((text) =>
      text.includes(search),
    );
    const all = isFound ? [summarize(session)] : [];
    return { total: all.length, sessions: all.slice(offset, offset + limit) };
  }

  session(id: string): Session | undefined {
    return id === this.#parts.session.id ? this.#session() : undefined;
  }

  addresses(): [] {
    return [];
  }

  act(action: Action): Promise<ActionResult> {
    return this.#parts.act(action);
  }

  /** Every link there is, by name and state. */
  states(): Map<string, PathState> {
    const { session } = this.#parts;
    return new Map(this.#facts().map((facts) => [facts.name, stateOf(facts, session.find(facts.name))]));
  }

  metrics(): MetricsSnapshot {
    const { session, metrics } = this.#parts;
    const { tunnel, paths } = this.#session();
    const links = this.#linkMetrics(paths);
    return metrics.snapshot({
      totals: new SessionTotals().with([session]),
      sessions: { confirmed: 1, unconfirmed: 0, losing: tunnel.windows['1m'].lost > 0 ? 1 : 0 },
      states: links.map(({ state }) => state),
      links,
      tunnelState: tunnel.state,
    });
  }

  *recorded(): Iterable<readonly [SessionGauge, readonly RecordedLink[]]> {
    const { session } = this.#parts;
    const links = this.#facts()
      .filter(({ excludedBy }) => excludedBy !== 'default')
      .map((facts) => {
        const gauge = session.find(facts.name);
        return { name: facts.name, state: stateOf(facts, gauge), gauge };
      });
    yield [session, links];
  }

  look(): boolean {
    const { session, gauges } = this.#parts;
    session.look(nowMs());
    const lastInMs = gauges.counters.session(session.number, 'lastInMs');
    if (lastInMs !== this.#heard.lastInMs) this.#heard = { ...this.#sent(), lastInMs };
    const states = JSON.stringify([...this.states()]);
    const hasChanged = states !== this.#states;
    this.#states = states;
    return hasChanged;
  }

  #session(): Session {
    const { session, gauges } = this.#parts;
    const now = nowMs();
    const paths = this.#facts().map((facts) =>
      viewPath(facts, gauges.counters, session, session.find(facts.name), now),
    );
    return {
      id: session.id,
      since: new Date(session.sinceMs).toISOString(),
      tunnel: viewTunnel(this.#tunnelState(paths, now), session, this.#lastMs(), now),
      paths,
      whatIf: session.whatIf(),
    };
  }

  /** Links that are there and not left out for their kind; those that carry first, should there be too many. */
  #linkMetrics(paths: readonly Path[]): LinkMetrics[] {
    const { session, paths: open } = this.#parts;
    const present = new Set(open.candidates.map(({ name }) => name));
    const told = paths.filter(({ name, excludedBy }) => present.has(name) && excludedBy !== 'default');
    if (told.length > MOST_CLIENT_PATHS)
      told.sort((a, b) => Number(isOpen(b.state)) - Number(isOpen(a.state)));
    return told.slice(0, MOST_CLIENT_PATHS).map(({ name, label, state, jitterMs, silentSeconds }) => {
      const link = session.find(name);
      return {
        name,
        label,
        state,
        counts: countsOf(link),
        jitterSeconds: jitterMs / 1000,
        silentSeconds,
        lastReceivedAtSeconds: link === undefined ? null : unixSeconds(session.lastInMs(link)),
      };
    });
  }

  #tunnelState(paths: readonly Path[], now: number): TunnelState {
    const { session, gauges } = this.#parts;
    const { counters } = gauges;
    if (!paths.some(({ state }) => isOpen(state))) return 'no-path';
    const lastInMs = counters.session(session.number, 'lastInMs');
    const lastOutMs = counters.relay('lastWireguardInMs');
    if (lastInMs === 0 && lastOutMs === 0) return 'waiting';
    const { packets, bytes } = this.#sent();
    const packetsSince = packets - this.#heard.packets;
    const bytesSince = bytes - this.#heard.bytes;
    const isData = packetsSince >= UNANSWERED_PACKETS && bytesSince > packetsSince * UNANSWERED_BYTES;
    // WireGuard asks again every 5 s, so a second packet without any answer ever tells it already.
    if (lastInMs === 0) return packets >= 2 ? 'unanswered' : 'waiting';
    if (isData && now - lastInMs > UNANSWERED_MS) return 'unanswered';
    return trafficState(session, this.#lastMs(), now);
  }

  #sent(): { packets: number; bytes: number } {
    const { counters } = this.#parts.gauges;
    return { packets: counters.relay('wireguardInPackets'), bytes: counters.relay('wireguardInBytes') };
  }

  #lastMs(): number {
    const { session, gauges } = this.#parts;
    const { counters } = gauges;
    return Math.max(counters.session(session.number, 'lastInMs'), counters.relay('lastWireguardInMs'));
  }

  /** Interfaces and configured paths as planned, then links that were there and are gone. */
  #facts(): PathFacts[] {
    const { paths, session, isChanged, labelOf } = this.#parts;
    const facts = paths.candidates.map((candidate): PathFacts => {
      const { name, excludedBy } = candidate;
      const open = paths.find(name);
      const about = { ...named(name, candidate.label), isChanged: isChanged(name) };
      if (open !== undefined) {
        const { local, plan } = open;
        const ends = { source: formatAddress(local), destination: formatAddress(plan.destination) };
        return { ...about, ...ends, reason: '' };
      }
      const reason = candidate.reason || paths.faultOf(name) || 'is being opened';
      const state = excludedBy === undefined ? ('down' as const) : ('excluded' as const);
      const ends = { source: candidate.address ?? '', destination: candidate.destination ?? '' };
      return { ...about, ...ends, state, reason, ...(excludedBy && { excludedBy }) };
    });
    const known = new Set(facts.map(({ name }) => name));
    for (const { name } of [...session.links()].filter((link: LinkGauge) => !known.has(link.name))) {
      const about = { ...named(name, labelOf(name)), isChanged: isChanged(name) };
      facts.push({ ...about, state: 'down', reason: 'interface is gone', source: '', destination: '' });
    }
    return facts;
  }
}

function named(name: string, label: string | undefined): { name: string; label?: string } {
  return { name, ...(label !== undefined && { label }) };
}
