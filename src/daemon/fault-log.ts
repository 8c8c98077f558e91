/**
 * Turns error counters into log lines for people: one when a fault begins, then a summary at intervals for
 * as long as it goes on. Reads shared memory only; the packet loop never notices.
 */
import { type Counters, nowMs, type PathColumn, type RelayColumn } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';

/** A fault that goes on is summed up this often. */
const REPEAT_AFTER_MS = 60_000;

const PATH_FAULTS: Partial<Record<PathColumn, string>> = {
  queueFull: 'copies dropped: the link takes no more (its queue is full)',
  unreachable: 'copies not sent: no way to the destination (link down, or no route)',
  refused: 'answers that nobody listens at the destination',
  tooLong: 'copies not sent: longer than the link carries',
  forbidden: 'copies not sent: a firewall on this host forbids it',
  otherError: 'copies not sent: the system refused them',
};

const PATH_FAULT_ENTRIES = Object.entries(PATH_FAULTS) as [PathColumn, string][];

const RELAY_FAULTS: Partial<Record<RelayColumn, string>> = {
  oversizedFromWireguard: 'datagrams from WireGuard dropped: longer than maxDatagramSize; raise it',
  oversizedFromNetwork: 'datagrams from the network dropped: longer than maxDatagramSize; raise it',
  malformedFromWireguard: 'datagrams on the WireGuard side dropped: not WireGuard',
  malformedFromNetwork: 'datagrams from the network dropped: not WireGuard',
  noPath: 'packets from WireGuard lost: no path is open',
  wireguardSendErrors: 'datagrams for WireGuard not delivered: the system refused them',
  noWireguard: 'datagrams for WireGuard dropped: it has not spoken yet, so its address is unknown',
  pathsExhausted: 'times no place was free for a new address; raise maxPathsPerSession',
  newAddressesLimited: 'new addresses turned away; raise newAddressesPerSecond if they are clients',
  unconfirmedLimited:
    'datagrams dropped: of sessions that WireGuard has not answered; raise newAddressesPerSecond if they are clients',
  sessionsExhausted: 'handshakes turned away: maxSessions is reached; raise it',
  unconfirmedExhausted: 'handshakes turned away: maxUnconfirmedSessions is reached; raise it',
  upstreamFailed:
    'sessions refused a socket towards WireGuard: its address is not known yet, or the limit on open files (ulimit -n) is reached',
  handoverFull: 'datagrams dropped: the thread that serves their client takes no more (its queue is full)',
  wrongMac1: "strangers' handshakes dropped: not made for wireguardPublicKey",
  unknownIndex: "strangers' datagrams dropped: of no known session",
};

interface Seen {
  /** Counter when last reported, and when that was. */
  reported: number;
  atMs: number;
}

export class FaultLog {
  readonly #log: Log;
  readonly #counters: Counters;
  readonly #paths: () => Iterable<{ readonly name: string; readonly number: number }>;
  readonly #seen = new Map<string, Seen>();
  /** Keys that the last look came by. */
  readonly #compared = new Set<string>();

  /** @param paths the paths open now: a name for people and the number of its counters */
  constructor(
    log: Log,
    counters: Counters,
    paths: () => Iterable<{ readonly name: string; readonly number: number }>,
  ) {
    this.#log = log;
    this.#counters = counters;
    this.#paths = paths;
  }

  /** To be called every second, and once at the end. */
  look(): void {
    this.#compared.clear();
    for (const [column, what] of Object.entries(RELAY_FAULTS)) {
      this.#compare(column, this.#counters.relay(column as RelayColumn), '', what, {});
    }
    for (const { name, number } of this.#paths()) {
      for (const [column, what] of PATH_FAULT_ENTRIES) {
        const value = this.#counters.path(number, column);
        // Nearly always; with thousands of paths, making a key for each would be this thread's main work.
        if (value === 0) continue;
        this.#compare(`${name}|${column}`, value, `path ${name}: `, what, { path: name });
      }
    }
    this.#forget();
  }

  #compare(key: string, value: number, where: string, what: string, fields: object): void {
    this.#compared.add(key);
    const now = nowMs();
    const seen = this.#seen.get(key) ?? { reported: 0, atMs: Number.NEGATIVE_INFINITY };
    // A path that was opened anew counts from zero again.
    if (value < seen.reported) seen.reported = 0;
    if (value === seen.reported || now - seen.atMs < REPEAT_AFTER_MS) return;
    const count = value - seen.reported;
    this.#log.warn({ ...fields, count }, `${where}${count} ${what}`);
    this.#seen.set(key, { reported: value, atMs: now });
  }

  /** A server's paths are addresses without end; what is gone is kept for the minute it must be silent. */
  #forget(): void {
    const now = nowMs();
    for (const [key, { atMs }] of this.#seen) {
      if (!this.#compared.has(key) && now - atMs >= REPEAT_AFTER_MS) this.#seen.delete(key);
    }
  }
}
