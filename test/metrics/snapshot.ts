/** A snapshot of a client with two links, and of a server. */
import {
  DROP_REASONS,
  type DropReason,
  type LinkMetrics,
  type MetricsSnapshot,
  type PathCounts,
  UNSENT_REASONS,
  type UnsentReason,
} from '../../src/contract/index.ts';

const BOUNDS = [0.001, 0.01];

export const COUNTS: PathCounts = {
  inPackets: 90,
  inBytes: 9000,
  outPackets: 10,
  outBytes: 1000,
  first: 60,
  late: 30,
  differing: 0,
  delivered: 90,
  lost: 10,
  rescued: 3,
  unsent: Object.fromEntries(UNSENT_REASONS.map((reason) => [reason, 0])) as Record<UnsentReason, number>,
  lateness: [60, 20, 10],
};

export function makeLink(name: string, more: Partial<LinkMetrics> = {}): LinkMetrics {
  return {
    name,
    state: 'up',
    counts: COUNTS,
    jitterSeconds: 0.0012,
    silentSeconds: 0,
    lastReceivedAtSeconds: 1_793_000_000.25,
    ...more,
  };
}

const common = {
  version: '0.1.0',
  engine: 'linux',
  startedAtMs: 1_793_000_000_000,
  atMs: 1_793_000_060_500,
  wireguard: {
    inPackets: 40,
    inBytes: 4000,
    outPackets: 100,
    outBytes: 10_000,
    sendErrors: 1,
    lastInAtSeconds: 1_793_000_060,
  },
  dropped: Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0])) as Record<DropReason, number>,
  pathsExhausted: 0,
  tunnel: { packets: 100, bytes: 10_000, lost: 2, duplicatesDropped: 30 },
  latenessBoundsSeconds: BOUNDS,
  process: {
    cpuUserSeconds: 1.5,
    cpuSystemSeconds: 0.5,
    residentBytes: 50_000_000,
    uptimeSeconds: 60.5,
    eventLoopDelaySeconds: { p99: 0.001, max: 0.02 },
  },
} satisfies Partial<MetricsSnapshot>;

export function clientSnapshot(links = [makeLink('eth0', { label: 'Fibre "1"' }), makeLink('wwan0')]) {
  const snapshot: MetricsSnapshot = {
    ...common,
    role: 'client',
    listenPort: 59401,
    tunnelState: 'carrying',
    sessions: { confirmed: 1, unconfirmed: 0, losing: 0 },
    paths: { up: links.length, suspect: 0, down: 0, excluded: 0 },
    links,
  };
  return snapshot;
}

export function serverSnapshot(): MetricsSnapshot {
  return {
    ...common,
    role: 'server',
    listenPort: 59402,
    sessions: { confirmed: 50, unconfirmed: 3, losing: 1 },
    paths: { up: 140, suspect: 10, down: 0, excluded: 0 },
    addresses: COUNTS,
  };
}
