/**
 * Counters that the packet loop writes and anybody reads, without asking and without locks: one writer,
 * doubles in shared memory (exact to 2^53; an aligned 64-bit store is not torn on the processors we run
 * on). A block per path, one per session and one for the whole relay, of which each packet loop has its own.
 */

/** Columns of a path's block. `in` is from the network, `out` towards it; times are Unix milliseconds. */
export const PATH_COLUMNS = [
  'inPackets',
  'inBytes',
  'outPackets',
  'outBytes',
  'lastInMs',
  'lastOutMs',
  /** Copies not sent, by what the system said (man page udp(7), send(2)). */
  'queueFull', // EAGAIN, ENOBUFS: the socket's send buffer or the device's queue
  'unreachable', // ENETUNREACH, EHOSTUNREACH, ENETDOWN, ENODEV, EADDRNOTAVAIL
  'refused', // ECONNREFUSED: nobody listens at the far end
  'tooLong', // EMSGSIZE: longer than UDP or the path can carry
  'forbidden', // EPERM, EACCES: a firewall said no
  'otherError',
  'lastErrno',
  /** Groups of segments sent again as single datagrams because segmentation offload failed. */
  'segmentationFallbacks',
  /** Packets that came here before anywhere else, and copies that came later than another path's. */
  'first',
  'late',
  /** Copies with the index and counter of another datagram but other bytes: somebody forges. */
  'differing',
  /** Settled packets: came here; came elsewhere but not here; came nowhere but here. */
  'delivered',
  'lost',
  'rescued',
  /** Smoothed difference of consecutive latenesses (as RFC 3550, section 6.4.1, does with transit times). */
  'jitterUs',
  /** Longest time in which other paths delivered and this one did not; and since when it lasts, 0: no. */
  'longestSilenceMs',
  'silentSinceMs',
  /** The session's loss that no path made good, when this path joined. */
  'sessionLostAtJoin',
] as const;

/** Columns of a session's block, for the direction received. */
export const SESSION_COLUMNS = [
  /** Different packets, and their bytes. */
  'packets',
  'bytes',
  /** Copies dropped because an identical one had been passed on. */
  'duplicatesDropped',
  /** Packets that no path delivered, by the gaps in WireGuard's counters. */
  'lost',
  /** Packets whose fate is settled: the sum of the arrival patterns. */
  'settled',
  'sinceMs',
  'lastInMs',
] as const;

/** Columns of the relay's own block: what was dropped and why, and how the loop fares. */
export const RELAY_COLUMNS = [
  'wireguardInPackets',
  'wireguardInBytes',
  'wireguardOutPackets',
  'wireguardOutBytes',
  'wireguardSendErrors',
  'lastWireguardInMs',
  /** Longer than maxDatagramSize: from WireGuard, from the network. */
  'oversizedFromWireguard',
  'oversizedFromNetwork',
  /** Not shaped like WireGuard: from the local side, from the network. */
  'malformedFromWireguard',
  'malformedFromNetwork',
  /** WireGuard spoke while no path was open. */
  'noPath',
  /** A path delivered before WireGuard said where it is. */
  'noWireguard',
  /** New addresses turned away: the session has maxPathsPerSession, or newAddressesPerSecond were reached. */
  'pathsExhausted',
  'newAddressesLimited',
  'unconfirmedLimited',
  /** Handshakes turned away: maxSessions or maxUnconfirmedSessions were reached. */
  'sessionsExhausted',
  'unconfirmedExhausted',
  /** Strangers' packets: initiations not made for this server; data, responses or cookies of no known index. */
  'wrongMac1',
  'unknownIndex',
  /** The system gave no socket for a session. */
  'upstreamFailed',
  /** Sessions now: all of them, and those that WireGuard has not answered yet. */
  'sessions',
  'unconfirmedSessions',
  /** The loop's turns to its regular chores, one each second at least: it lives while this grows. */
  'ticks',
  /** Datagrams that another packet loop of this server got to decide, and those it had no room for. */
  'handedOver',
  'handoverFull',
] as const;

/** Lateness histogram of a path: bucket 0 is below 64 µs, then two buckets per doubling, up to 2 s. */
export const LATENESS_BUCKETS = 32;
/** Arrival patterns of a session: for each set of its first 8 paths, packets that exactly these delivered. */
export const PATTERN_PATHS = 8;
export const PATTERNS = 1 << PATTERN_PATHS;

export type PathColumn = (typeof PATH_COLUMNS)[number];
export type SessionColumn = (typeof SESSION_COLUMNS)[number];
export type RelayColumn = (typeof RELAY_COLUMNS)[number];

/** Index of each column within its block. */
export const P = indexOf(PATH_COLUMNS);
export const S = indexOf(SESSION_COLUMNS);
export const R = indexOf(RELAY_COLUMNS);

const RELAY_STRIDE = 32;
const LATENESS_AT = 32;
const PATH_STRIDE = LATENESS_AT + LATENESS_BUCKETS;
const PATTERNS_AT = 8;
const SESSION_STRIDE = PATTERNS_AT + PATTERNS;

export interface CountersShape {
  readonly paths: number;
  readonly sessions: number;
  /** Packet loops that write: one if absent. Each path and session has one writer at a time. */
  readonly loops?: number;
}

export class Counters {
  readonly shape: CountersShape;
  readonly shared: SharedArrayBuffer;
  /** From this loop's relay block on. */
  readonly values: Float64Array;
  readonly #loops: number;
  readonly #pathsAt: number;

  /**
   * @param shared memory that another thread's Counters of the same shape made; absent: new, all zero
   * @param loop whose relay block is at the beginning of `values`
   */
  constructor(shape: CountersShape, shared?: SharedArrayBuffer, loop = 0) {
    const loops = shape.loops ?? 1;
    const columns = loops * RELAY_STRIDE + shape.paths * PATH_STRIDE + shape.sessions * SESSION_STRIDE;
    this.shape = shape;
    this.shared = shared ?? new SharedArrayBuffer(columns * 8);
    this.values = new Float64Array(this.shared, loop * RELAY_STRIDE * 8);
    this.#loops = loops - loop;
    this.#pathsAt = this.#loops * RELAY_STRIDE;
  }

  /** Zeroed counters, for `sessions` sessions with `paths` paths between them. */
  static forPaths(paths: number, sessions = 1): Counters {
    return new Counters({ paths, sessions });
  }

  /** Index of `path`'s block in `values`; add a `P` column. */
  pathBlock(path: number): number {
    return this.#pathsAt + path * PATH_STRIDE;
  }

  /** Index of a path's lateness histogram in `values`; add a bucket. */
  latenessBlock(path: number): number {
    return this.pathBlock(path) + LATENESS_AT;
  }

  /** Index of `session`'s block in `values`; add an `S` column. */
  sessionBlock(session: number): number {
    return this.#pathsAt + this.shape.paths * PATH_STRIDE + session * SESSION_STRIDE;
  }

  /** Index of a session's arrival patterns in `values`; add a set of paths as a bit mask. */
  patternBlock(session: number): number {
    return this.sessionBlock(session) + PATTERNS_AT;
  }

  /** The relay's own block starts at 0: `values[R.noPath]`. Of several loops from this one on: their sum. */
  relay(column: RelayColumn): number {
    let sum = this.values[R[column]]!;
    for (let loop = 1; loop < this.#loops; loop++) {
      const value = this.loop(loop, column);
      sum = column === 'lastWireguardInMs' ? Math.max(sum, value) : sum + value;
    }
    return sum;
  }

  /** Of one loop, counted from this one on. */
  loop(loop: number, column: RelayColumn): number {
    return this.values[loop * RELAY_STRIDE + R[column]]!;
  }

  path(path: number, column: PathColumn): number {
    return this.values[this.pathBlock(path) + P[column]]!;
  }

  session(session: number, column: SessionColumn): number {
    return this.values[this.sessionBlock(session) + S[column]]!;
  }

  /** A new path takes the place: its counters start at zero. */
  clearPath(path: number): void {
    const block = this.pathBlock(path);
    this.values.fill(0, block, block + PATH_STRIDE);
  }

  clearSession(session: number): void {
    const block = this.sessionBlock(session);
    this.values.fill(0, block, block + SESSION_STRIDE);
  }
}

function indexOf<const C extends readonly string[]>(columns: C): Record<C[number], number> {
  return Object.fromEntries(columns.map((column, index) => [column, index])) as Record<C[number], number>;
}
