/**
 * The server's side of the virtual network: packet loops, one or several, and WireGuard behind them. Restarts like
 * the program: the relay forgets everything, WireGuard nothing. Keeps the books of who sent and who got how much.
 */
import { Counters, formatAddress, type SocketAddress } from '../../src/net/index.ts';
import { Places, Relay } from '../../src/relay/index.ts';
import type { Clock } from './clock.ts';
import { Random } from './random.ts';
import { SimLoop } from './sim-loop.ts';
import { WireguardHost } from './wireguard-host.ts';

/** A loopback's delay. */
const LOCAL_MS = 0.02;
const DATA = 4;

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
  /** Packet loops. */
  readonly loops?: number;
  /** Share of datagrams that the system delivers to any loop, whatever it was told. */
  readonly scatter?: number;
}

/** For all servers that aren't told otherwise, so that any test can be run with several loops. */
const DEFAULT_LOOPS = Number(process.env.RENGARDE_SIM_LOOPS ?? 1);
const DEFAULT_SCATTER = Number(process.env.RENGARDE_SIM_SCATTER ?? 0);

/** What an address sent to the server's port and got from there. */
export interface Account {
  sentBytes: number;
  gotBytes: number;
  gotPackets: number;
  lastGotMs: number;
}

export class SimServer {
  readonly wireguard = new WireguardHost();
  counters!: Counters;
  isDown = false;
  /** By address, as `192.0.2.7:41234`. */
  readonly accounts = new Map<string, Account>();
  /** Who gets what the server sends. */
  onSend: (to: string, datagram: Uint8Array) => void = () => {};
  /** What went to WireGuard, before WireGuard judged it. */
  onPassed: (datagram: Uint8Array, session: number) => void = () => {};
  readonly #clock: Clock;
  readonly #settings: ServerSettings;
  readonly #random = new Random(7);
  #loops: SimLoop[] = [];
  #paths = new Map<number, string>();
  #apart = new Set<number>();
  #steered = new Map<number, number>();

  constructor(clock: Clock, settings: ServerSettings = {}) {
    this.#clock = clock;
    this.#settings = settings;
    this.start();
  }

  /** A new process: nothing is left of the old one's sockets, sessions and addresses. */
  start(): void {
    const it = this.#settings;
    this.isDown = false;
    this.#paths = new Map();
    this.#apart = new Set();
    this.#steered = new Map();
    const loops: SimLoop[] = [];
    this.#loops = loops;
    const shape = { sessions: it.sessions ?? 64, paths: it.paths ?? 256, loops: it.loops ?? DEFAULT_LOOPS };
    this.counters = new Counters(shape);
    const pathNumbers = Places.memory(shape.paths);
    for (let number = 0; number < shape.loops; number++) {
      const loop = new SimLoop(number, {
        clock: this.#clock,
        counters: this.counters,
        keepBytes: it.keepBytes ?? 4 << 20,
        loops,
        paths: this.#paths,
        apart: this.#apart,
        steered: this.#steered,
        chance: () => this.#random.next(),
        isDown: () => this.isDown || this.#loops !== loops,
        toWireguard: (datagram, upstream, session) => {
          this.onPassed(datagram, session);
          this.#clock.after(LOCAL_MS, () => this.wireguard.receive(datagram, upstream));
        },
        toNetwork: (datagram, to) => this.#toNetwork(datagram, to),
      });
      loops.push(loop);
      const counters = new Counters(shape, this.counters.shared, number);
      const place = { number, count: shape.loops, neighbours: loop, pathNumbers };
      loop.relay = this.#relayFor(counters);
      loop.relay.serve({
        outlets: loop,
        limits: {
          maxSessions: it.maxSessions ?? it.sessions ?? 64,
          maxUnconfirmedSessions: it.maxUnconfirmedSessions ?? 32,
          newAddressesPerSecond: it.newAddressesPerSecond ?? 1_000,
          pathTimeoutMs: it.clientTimeoutMs ?? 30_000,
        },
        ...(it.mac1Key !== undefined && { mac1Key: it.mac1Key }),
        ...(shape.loops > 1 && { loops: place }),
        onPathOpened: () => {},
        onPathClosed: () => {},
        onSessionConfirmed: () => {},
        onSessionClosed: () => {},
      });
    }
  }

  /** The process ends: what arrives from now on is lost. */
  stop(): void {
    this.isDown = true;
    for (const { upstreams } of this.#loops) upstreams.clear();
  }

  /** Addresses that would get what WireGuard sends now. */
  addresses(): string[] {
    return [...this.#paths.values()];
  }

  /** Those of them that the others do not wait for. */
  addressesApart(): string[] {
    return [...this.#apart].map((path) => this.#paths.get(path)!);
  }

  openSockets(): number {
    return this.#loops.reduce((sum, { upstreams }) => sum + upstreams.size, 0);
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
    this.#loops[this.#loopFor(datagram)]!.receive(datagram, from);
  }

  /** Sessions of each loop. */
  spread(): number[] {
    return this.#loops.map(({ number }) => this.counters.loop(number, 'sessions'));
  }

  /** As the system chooses the socket. */
  #loopFor(datagram: Uint8Array): number {
    const loops = this.#loops.length;
    if (loops > 1 && this.#random.next() < (this.#settings.scatter ?? DEFAULT_SCATTER)) {
      return this.#random.whole(loops);
    }
    if (datagram[0] !== DATA || datagram.length < 8) return 0;
    return this.#steered.get(Buffer.from(datagram.buffer, datagram.byteOffset).readInt32LE(4)) ?? 0;
  }

  #relayFor(counters: Counters): Relay {
    const it = this.#settings;
    return new Relay({
      counters,
      maxDatagramBytes: 9_216,
      maxPathsPerSession: it.maxPathsPerSession ?? 16,
      deduplicate: it.deduplicate ?? true,
      protocol: it.protocol ?? 'wireguard',
    });
  }

  #toNetwork(datagram: Uint8Array, to: string): void {
    const account = this.account(to);
    account.gotBytes += datagram.length;
    account.gotPackets++;
    account.lastGotMs = this.#clock.nowMs;
    this.onSend(to, datagram);
  }
}
