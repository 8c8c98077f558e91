/**
 * The server's side of the virtual network: a relay with the smallest engine there can be around it, one
 * datagram per batch, and WireGuard behind it. Restarts like the program: the relay forgets everything,
 * WireGuard nothing. Keeps the books of who sent and who got how much.
 */
import {
  ADDRESS_WORDS,
  type Batch,
  Counters,
  formatAddress,
  type Outlets,
  readAddressWords,
  type SocketAddress,
} from '../../src/net/index.ts';
import { Relay } from '../../src/relay/index.ts';
import { fill, lastingBatch } from '../sockets/datagrams.ts';
import type { Clock } from './clock.ts';
import { type Upstream, WireguardHost } from './wireguard-host.ts';

const TICK_MS = 250;
/** A loopback's delay. */
const LOCAL_MS = 0.02;

export interface ServerSettings {
  readonly sessions?: number;
  readonly paths?: number;
  readonly maxSessions?: number;
  readonly maxUnconfirmedSessions?: number;
  readonly maxPathsPerSession?: number;
  readonly newAddressesPerSecond?: number;
  readonly clientTimeoutMs?: number;
  readonly deduplicate?: boolean;
  readonly protocol?: 'wireguard' | 'any';
  readonly mac1Key?: Uint8Array;
  readonly keepBytes?: number;
}

/** What an address sent to the server's port and got from there. */
export interface Account {
  sentBytes: number;
  gotBytes: number;
  gotPackets: number;
  lastGotMs: number;
}

export class SimServer implements Outlets {
  readonly wireguard = new WireguardHost();
  counters!: Counters;
  relay!: Relay;
  isDown = false;
  /** By address, as `192.0.2.7:41234`. */
  readonly accounts = new Map<string, Account>();
  /** Who gets what the server sends. */
  onSend: (to: string, datagram: Uint8Array) => void = () => {};
  /** What went to WireGuard, before WireGuard judged it. */
  onPassed: (datagram: Uint8Array, session: number) => void = () => {};
  readonly #clock: Clock;
  readonly #settings: ServerSettings;
  readonly #batch: Batch;
  readonly #upstreams = new Map<number, Upstream>();
  readonly #paths = new Map<number, string>();

  constructor(clock: Clock, settings: ServerSettings = {}) {
    this.#clock = clock;
    this.#settings = settings;
    this.#batch = lastingBatch(settings.keepBytes ?? 4 << 20, 1 << 17);
    this.start();
    clock.every(TICK_MS, () => {
      if (!this.isDown) this.relay.tick(clock.nowMs);
    });
  }

  /** A new process: nothing is left of the old one's sockets, sessions and addresses. */
  start(): void {
    const it = this.#settings;
    this.isDown = false;
    this.#upstreams.clear();
    this.#paths.clear();
    this.counters = new Counters({ sessions: it.sessions ?? 64, paths: it.paths ?? 256 });
    this.relay = new Relay({
      counters: this.counters,
      maxDatagramBytes: 9_216,
      maxPathsPerSession: it.maxPathsPerSession ?? 16,
      deduplicate: it.deduplicate ?? true,
      protocol: it.protocol ?? 'wireguard',
    });
    this.relay.serve({
      outlets: this,
      limits: {
        maxSessions: it.maxSessions ?? it.sessions ?? 64,
        maxUnconfirmedSessions: it.maxUnconfirmedSessions ?? 32,
        newAddressesPerSecond: it.newAddressesPerSecond ?? 1_000,
        pathTimeoutMs: it.clientTimeoutMs ?? 30_000,
      },
      ...(it.mac1Key !== undefined && { mac1Key: it.mac1Key }),
      onPathOpened: () => {},
      onPathClosed: () => {},
      onSessionConfirmed: () => {},
      onSessionClosed: () => {},
    });
  }

  /** The process ends: what arrives from now on is lost. */
  stop(): void {
    this.isDown = true;
    this.#upstreams.clear();
  }

  /** Addresses that would get what WireGuard sends now. */
  addresses(): string[] {
    return [...this.#paths.values()];
  }

  openSockets(): number {
    return this.#upstreams.size;
  }

  account(address: SocketAddress | string): Account {
    const key = typeof address === 'string' ? address : formatAddress(address);
    let account = this.accounts.get(key);
    if (account === undefined) {
      account = { sentBytes: 0, gotBytes: 0, gotPackets: 0, lastGotMs: 0 };
      this.accounts.set(key, account);
    }
    return account;
  }

  /** Something arrives at the server's port. */
  receive(datagram: Uint8Array, from: SocketAddress): void {
    if (this.isDown) return;
    this.account(from).sentBytes += datagram.length;
    const batch = fill(this.#batch, [{ datagrams: [datagram], from }]);
    this.relay.fromNetwork(batch, this.#clock.nowMs);
    const session = batch.to[0]!;
    const upstream = this.#upstreams.get(session);
    if (upstream === undefined) return;
    this.onPassed(datagram, session);
    this.#clock.after(LOCAL_MS, () => this.wireguard.receive(datagram, upstream));
  }

  openUpstream(session: number): boolean {
    const upstream = {
      answer: (datagram: Uint8Array) =>
        this.#clock.after(LOCAL_MS, () => {
          if (this.#upstreams.get(session) === upstream) this.#fromWireguard(datagram, session);
        }),
    };
    this.#upstreams.set(session, upstream);
    return true;
  }

  closeUpstream(session: number): void {
    this.#upstreams.delete(session);
  }

  learnPath(path: number, batch: Batch, message: number): void {
    this.#paths.set(path, formatAddress(readAddressWords(batch.source, message * ADDRESS_WORDS)));
  }

  forgetPath(path: number): void {
    this.#paths.delete(path);
  }

  #fromWireguard(datagram: Uint8Array, session: number): void {
    const { relay } = this;
    relay.fromWireguard(session, fill(this.#batch, [{ datagrams: [datagram] }]), this.#clock.nowMs);
    for (let i = 0; i < relay.targetCount; i++) {
      const to = this.#paths.get(relay.targets[i]!);
      if (to === undefined) throw new Error(`The relay sends to path ${relay.targets[i]}, which is not open`);
      const account = this.account(to);
      account.gotBytes += datagram.length;
      account.gotPackets++;
      account.lastGotMs = this.#clock.nowMs;
      this.onSend(to, datagram);
    }
  }
}
