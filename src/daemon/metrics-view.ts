/**
 * What a role tells of itself for metrics: a plain snapshot of counters and states. Counts are as of the last second's
 * sample, so that what a link had counted when it went is what it had told.
 */
import {
  DROP_REASONS,
  type DropReason,
  type LinkMetrics,
  type MetricsIdentity,
  type MetricsSnapshot,
  type PathCounts,
  type PathState,
  type TunnelState,
} from '../contract/index.ts';
import type { PacketLoop } from '../loop/index.ts';
import { type Counters, nowMs } from '../net/index.ts';
import { LATENESS_BOUNDS_SECONDS } from '../quality/index.ts';
import { ProcessGauge } from './process-gauge.ts';
import type { SessionTotals } from './session-totals.ts';

export interface MetricsParts {
  readonly identity: MetricsIdentity;
  readonly engine: string;
  readonly counters: Counters;
  readonly process: ProcessGauge;
}

/** Of a program whose counting begins now. */
export function metricsView(identity: MetricsIdentity, { engine, counters }: Loop): MetricsView {
  return new MetricsView({ identity, engine, counters, process: new ProcessGauge() });
}

type Loop = Pick<PacketLoop, 'engine' | 'counters'>;

/** What differs between client and server. */
export interface RoleMetrics {
  readonly totals: SessionTotals;
  readonly sessions: MetricsSnapshot['sessions'];
  readonly states: Iterable<PathState>;
  /** A client's. Without them the addresses are told together. */
  readonly links?: readonly LinkMetrics[];
  readonly tunnelState?: TunnelState;
}

export class MetricsView {
  readonly #parts: MetricsParts;
  readonly #startedAtMs = Date.now();
  #highest = new Map<string, number>();

  constructor(parts: MetricsParts) {
    this.#parts = parts;
  }

  snapshot({ totals, sessions, states, links, tunnelState }: RoleMetrics): MetricsSnapshot {
    const { identity, engine, counters, process } = this.#parts;
    const before = this.#highest;
    this.#highest = new Map();
    const grown = (key: string, value: number) => {
      const highest = Math.max(value, before.get(key) ?? 0);
      this.#highest.set(key, highest);
      return highest;
    };
    const { packets, bytes, lost, duplicatesDropped } = totals.tunnel;
    return {
      ...identity,
      engine,
      startedAtMs: this.#startedAtMs,
      atMs: Date.now(),
      wireguard: {
        inPackets: counters.relay('wireguardInPackets'),
        inBytes: counters.relay('wireguardInBytes'),
        outPackets: counters.relay('wireguardOutPackets'),
        outBytes: counters.relay('wireguardOutBytes'),
        sendErrors: counters.relay('wireguardSendErrors'),
        lastInAtSeconds: unixSeconds(counters.relay('lastWireguardInMs')),
      },
      dropped: Object.fromEntries(DROP_REASONS.map((reason) => [reason, counters.relay(reason)])) as Record<
        DropReason,
        number
      >,
      pathsExhausted: counters.relay('pathsExhausted'),
      tunnel: {
        packets: grown('tunnel packets', packets),
        bytes: grown('tunnel bytes', bytes),
        lost: grown('tunnel lost', lost),
        duplicatesDropped: grown('tunnel duplicates', duplicatesDropped),
      },
      sessions,
      paths: countStates(states),
      ...(tunnelState !== undefined && { tunnelState }),
      ...(links === undefined
        ? { addresses: grownCounts('', totals.paths, grown) }
        : { links: links.map((link) => ({ ...link, counts: grownCounts(link.name, link.counts, grown) })) }),
      latenessBoundsSeconds: LATENESS_BOUNDS_SECONDS,
      process: process.metrics(),
    };
  }
}

/**
 * Nothing told shrinks, for Prometheus would take it for a restart and the whole count for new: neither when a packet
 * given up for lost still comes, nor when an address's place is another's before control has heard of it.
 */
function grownCounts(
  name: string,
  counts: PathCounts,
  grown: (key: string, value: number) => number,
): PathCounts {
  const all = <Of extends object>(what: string, of: Of): Of =>
    Object.fromEntries(
      Object.entries(of).map(([key, value]) => [key, grown(`${name}/${what}/${key}`, value)]),
    ) as Of;
  const { unsent, lateness, ...numbers } = counts;
  return {
    ...all('', numbers),
    unsent: all('unsent', unsent),
    lateness: lateness.map((count, i) => grown(`${name}/lateness/${i}`, count)),
  };
}

/** Of a moment on the clock that never jumps; null: never. */
export function unixSeconds(atMs: number): number | null {
  return atMs === 0 ? null : Math.round(Date.now() - (nowMs() - atMs)) / 1000;
}

function countStates(states: Iterable<PathState>): Record<PathState, number> {
  const counts = { up: 0, suspect: 0, down: 0, excluded: 0 };
  for (const state of states) counts[state]++;
  return counts;
}
