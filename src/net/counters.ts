/**
 * Counters that the packet loop writes and anybody reads, without asking and without locks: one writer,
 * doubles in shared memory (exact to 2^53; an aligned 64-bit store is not torn on the processors we run
 * on). A block per path and one for the whole relay.
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
  /** Addresses that found every place for paths taken. */
  'pathsExhausted',
  'wakeups',
] as const;

export type PathColumn = (typeof PATH_COLUMNS)[number];
export type RelayColumn = (typeof RELAY_COLUMNS)[number];

/** Index of each column within its block. */
export const P = indexOf(PATH_COLUMNS);
export const R = indexOf(RELAY_COLUMNS);

const PATH_STRIDE = 16;
const RELAY_STRIDE = 32;

export class Counters {
  readonly shared: SharedArrayBuffer;
  readonly values: Float64Array;

  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.values = new Float64Array(shared);
  }

  /** Zeroed counters with room for `paths` paths. */
  static forPaths(paths: number): Counters {
    return new Counters(new SharedArrayBuffer((RELAY_STRIDE + paths * PATH_STRIDE) * 8));
  }

  /** Index of `path`'s block in `values`; add a `P` column. */
  pathBlock(path: number): number {
    return RELAY_STRIDE + path * PATH_STRIDE;
  }

  /** The relay's own block starts at 0: `values[R.wakeups]`. */
  relay(column: RelayColumn): number {
    return this.values[R[column]]!;
  }

  path(path: number, column: PathColumn): number {
    return this.values[this.pathBlock(path) + P[column]]!;
  }

  /** A new path takes the place: its counters start at zero. */
  clearPath(path: number): void {
    const block = this.pathBlock(path);
    this.values.fill(0, block, block + PATH_STRIDE);
  }
}

function indexOf<const C extends readonly string[]>(columns: C): Record<C[number], number> {
  return Object.fromEntries(columns.map((column, index) => [column, index])) as Record<C[number], number>;
}
