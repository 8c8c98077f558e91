/** A program behind the manager that does as it is told: three links, their exclusions, as many sessions as wanted. */
import type {
  Action,
  ActionResult,
  ClientOverview,
  MetricsSnapshot,
  Path,
  PathFigures,
  PathState,
  ServerOverview,
  Session,
  SessionList,
  SessionQuery,
  TunnelFigures,
} from '../../src/contract/index.ts';
import type { Control } from '../../src/manager/control.ts';
import type { Answers } from '../../src/manager/protocol.ts';
import { clientSnapshot, serverSnapshot } from '../metrics/snapshot.ts';

const SINCE = '2026-11-01T08:00:00.000Z';
const RATES = {
  inBitsPerSecond: 8000,
  outBitsPerSecond: 800,
  inPacketsPerSecond: 100,
  outPacketsPerSecond: 10,
};

const PATH_FIGURES: PathFigures = {
  packetsIn: 90,
  bytesIn: 9000,
  packetsOut: 10,
  bytesOut: 1000,
  first: 60,
  late: 30,
  differing: 0,
  lost: 10,
  rescued: 3,
  lossShare: 0.1,
  firstShare: 0.667,
  latenessMs: { median: 1.5, p95: 20, p99: 31.25 },
};

const TUNNEL_FIGURES: TunnelFigures = {
  packets: 100,
  bytes: 10_000,
  lost: 0,
  lossShare: 0,
  duplicatesDropped: 90,
};

export function makePath(name: string, state: PathState, more: Partial<Path> = {}): Path {
  return {
    name,
    state,
    reason: state === 'up' ? '' : `it is ${state}`,
    isChanged: false,
    source: state === 'up' || state === 'suspect' ? '192.0.2.7:41234' : '',
    destination: state === 'up' || state === 'suspect' ? '198.51.100.32:59402' : '',
    lastSeconds: state === 'up' ? 0.25 : null,
    silentSeconds: 0,
    rates: RATES,
    windows: { '10s': PATH_FIGURES, '1m': PATH_FIGURES, '15m': PATH_FIGURES, start: PATH_FIGURES },
    jitterMs: 1.2,
    longestSilenceMs: 40,
    ...more,
  };
}

export function makeSession(id: string, paths: Path[]): Session {
  return {
    id,
    since: SINCE,
    tunnel: {
      state: 'carrying',
      idleSeconds: 0,
      rates: RATES,
      windows: { '10s': TUNNEL_FIGURES, '1m': TUNNEL_FIGURES, '15m': TUNNEL_FIGURES, start: TUNNEL_FIGURES },
    },
    paths,
    whatIf: paths.map(({ name }) => ({ paths: [name], lost: 10, lossShare: 0.1 })),
  };
}

const INSTANCE = {
  version: '0.1.0',
  description: 'Van',
  hostName: 'van',
  engine: 'linux',
  startedAt: SINCE,
  file: '/etc/engarde.yml',
};

/** A client with one link of each state, or a server. */
export class FakeControl implements Control {
  readonly role: 'client' | 'server';
  readonly actions: Action[] = [];
  /** How often each question was asked. */
  readonly asked = { overview: 0, sessions: 0, session: 0, addresses: 0, metrics: 0 };
  /** The next actions are refused so. */
  refusal: Extract<ActionResult, { status: 'refused' }> | undefined;
  /** Questions fail with it. */
  fault: Error | undefined;
  description = INSTANCE.description;
  paths: Path[] = [
    makePath('eth0', 'up', { label: 'Main ISP', lastSeconds: 3.9 }),
    makePath('Local Area Connection 4', 'suspect', { source: '[2001:db8::7]:41235', lastSeconds: 12 }),
    makePath('wwan0', 'down'),
    makePath('wlan0', 'excluded', { excludedBy: 'file', destination: '198.51.100.32:59402' }),
  ];
  readonly sessionsById = new Map<string, Session>();
  addressList: Answers['addresses'] = [
    { address: '203.0.113.9:41234', lastSeconds: 0.9 },
    { address: '[2001:db8::9]:41234', lastSeconds: null },
  ];

  constructor(role: 'client' | 'server') {
    this.role = role;
  }

  async overview(): Promise<ClientOverview | ServerOverview> {
    this.#count('overview');
    const { role, description } = this;
    if (role === 'client') {
      const listenAddress = '127.0.0.1:59401';
      const instance = { role, ...INSTANCE, description, listenAddress, destination: 'vpn.example:59402' };
      return { role, instance, session: makeSession('tunnel', this.paths) };
    }
    const listenAddress = '0.0.0.0:59402';
    const instance = { role, ...INSTANCE, description, listenAddress, destination: '127.0.0.1:59301' };
    const sessions = this.sessionsById.size;
    return {
      role,
      instance,
      sessions,
      unconfirmedSessions: 1,
      paths: sessions * 3,
      losing: 0,
      rates: RATES,
      turnedAway: 7,
    };
  }

  async sessions({ search = '', offset, limit }: SessionQuery): Promise<SessionList> {
    this.#count('sessions');
    const all =
      this.role === 'client' ? [makeSession('tunnel', this.paths)] : [...this.sessionsById.values()];
    const found = all.filter(({ id }) => id.includes(search));
    const sessions = found.slice(offset, offset + limit).map(({ id, since, tunnel, paths }) => ({
      id,
      since,
      state: tunnel.state,
      lastSeconds: tunnel.idleSeconds,
      rates: tunnel.rates,
      lossShare: 0,
      worstLossShare: 0.1,
      paths: paths.map(({ name, state, lastSeconds }) => ({ name, state, lastSeconds, lossShare: 0.1 })),
    }));
    return { total: found.length, sessions };
  }

  async session(id: string): Promise<Session | undefined> {
    this.#count('session');
    if (this.role === 'server') return this.sessionsById.get(id);
    return id === 'tunnel' ? makeSession('tunnel', this.paths) : undefined;
  }

  async addresses(): Promise<Answers['addresses']> {
    this.#count('addresses');
    return this.addressList;
  }

  async metrics(): Promise<MetricsSnapshot> {
    this.#count('metrics');
    return this.role === 'client' ? clientSnapshot() : serverSnapshot();
  }

  async act(action: Action): Promise<ActionResult> {
    this.actions.push(action);
    if (this.fault !== undefined) throw this.fault;
    if (this.refusal !== undefined) return this.refusal;
    if (action.do === 'exclude') return { status: 'ok', changed: this.#set(action.path, 'excluded') };
    if (action.do === 'include') return { status: 'ok', changed: this.#set(action.path, 'up') };
    return { status: 'ok', changed: true };
  }

  #count(question: keyof FakeControl['asked']): void {
    this.asked[question] += 1;
    if (this.fault !== undefined) throw this.fault;
  }

  #set(name: string, state: PathState): boolean {
    const index = this.paths.findIndex((path) => path.name === name);
    const old = this.paths[index];
    if (old === undefined) this.paths.push(makePath(name, state));
    else if ((old.state === 'excluded') === (state === 'excluded')) return false;
    else this.paths[index] = makePath(name, state, old.label === undefined ? {} : { label: old.label });
    return true;
  }
}
