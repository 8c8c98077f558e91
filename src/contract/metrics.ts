/**
 * What control tells of itself for metrics: plain counts of one moment, all of which only grow, unless they say "now".
 * Names, units and descriptions of what is made of them are in src/metrics.
 */
import type { PathState } from './path.ts';
import type { TunnelState } from './session.ts';

/** Why the relay dropped a datagram, by the relay's own counters. */
export const DROP_REASONS = [
  'oversizedFromWireguard',
  'oversizedFromNetwork',
  'malformedFromWireguard',
  'malformedFromNetwork',
  'noPath',
  'noWireguard',
  'wrongMac1',
  'unknownIndex',
  'newAddressesLimited',
  'unconfirmedLimited',
  'sessionsExhausted',
  'unconfirmedExhausted',
  'upstreamFailed',
  'handoverFull',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Why the system did not send a copy, by a path's own counters. */
export const UNSENT_REASONS = [
  'queueFull',
  'unreachable',
  'refused',
  'tooLong',
  'forbidden',
  'otherError',
] as const;
export type UnsentReason = (typeof UNSENT_REASONS)[number];

/** Counts of one link, or of all addresses of a server together. */
export interface PathCounts {
  readonly inPackets: number;
  readonly inBytes: number;
  readonly outPackets: number;
  readonly outBytes: number;
  readonly first: number;
  readonly late: number;
  readonly differing: number;
  /** Packets whose fate is known: came here; did not come here; came nowhere else. */
  readonly delivered: number;
  readonly lost: number;
  readonly rescued: number;
  readonly unsent: Readonly<Record<UnsentReason, number>>;
  /** Copies by how much later than their packet's first they came: up to each of `latenessBoundsSeconds`, then beyond. */
  readonly lateness: readonly number[];
}

/** A client's link now. */
export interface LinkMetrics {
  readonly name: string;
  readonly label?: string | undefined;
  readonly state: PathState;
  readonly counts: PathCounts;
  readonly jitterSeconds: number;
  /** Since when other links deliver and this one does not; 0: it delivers. */
  readonly silentSeconds: number;
  /** Unix seconds of the last copy; null: never. */
  readonly lastReceivedAtSeconds: number | null;
}

/** The program itself. */
export interface ProcessMetrics {
  readonly cpuUserSeconds: number;
  readonly cpuSystemSeconds: number;
  /** Now. */
  readonly residentBytes: number;
  readonly uptimeSeconds: number;
  /** How late control came to things since it was last asked. */
  readonly eventLoopDelaySeconds: { readonly p99: number; readonly max: number };
}

/** Which program it is; with the host's name this tells it from all others. */
export interface MetricsIdentity {
  readonly role: 'client' | 'server';
  readonly version: string;
  readonly listenPort: number;
}

/** Everything at one moment. */
export interface MetricsSnapshot extends MetricsIdentity {
  /** linux or portable. */
  readonly engine: string;
  /** Unix milliseconds: when counting began, and now. */
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly wireguard: {
    readonly inPackets: number;
    readonly inBytes: number;
    readonly outPackets: number;
    readonly outBytes: number;
    readonly sendErrors: number;
    /** Unix seconds; null: never. */
    readonly lastInAtSeconds: number | null;
  };
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Times that no place was free for a new address. */
  readonly pathsExhausted: number;
  /** Of all sessions that WireGuard has answered. */
  readonly tunnel: {
    readonly packets: number;
    readonly bytes: number;
    readonly lost: number;
    readonly duplicatesDropped: number;
  };
  /** A client's; a server has as many as sessions. */
  readonly tunnelState?: TunnelState;
  /** Sessions now: answered, not answered, and those that lost packets in the last minute. */
  readonly sessions: { readonly confirmed: number; readonly unconfirmed: number; readonly losing: number };
  /** Paths now, by state. */
  readonly paths: Readonly<Record<PathState, number>>;
  /** A client's links, 31 at most. Absent on a server: addresses come without end. */
  readonly links?: readonly LinkMetrics[];
  /** A server's addresses together, those that are gone included. */
  readonly addresses?: PathCounts;
  readonly latenessBoundsSeconds: readonly number[];
  readonly process: ProcessMetrics;
}
