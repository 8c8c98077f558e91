/**
 * The server's side: its relay with a strict engine around it, WireGuard's side of every tunnel behind it, and the
 * promises about what arrives there. Datagrams of the same moment come in one batch, those in a row from one address
 * in one message. Restarts like the program: the relay forgets everything, WireGuard nothing.
 */
import { type Batch, Counters, DROP } from '../../src/net/index.ts';
import { Relay } from '../../src/relay/index.ts';
import { HANDSHAKE_INITIATION, HANDSHAKE_RESPONSE, TRANSPORT_DATA } from '../../src/wireguard/index.ts';
import type { Clock } from '../simnet/clock.ts';
import { type Arrival, fill } from '../sockets/datagrams.ts';
import type { Address } from './addresses.ts';
import { Answers, NOBODY, type Upstream } from './answers.ts';
import { Broken } from './broken.ts';
import { Copies, describe } from './copies.ts';
import type { Datagram, PaperPeer } from './paper-wireguard.ts';
import type { Setup } from './schedule.ts';
import { LIMITS, SHAPES, StrictEngine } from './strict-engine.ts';

/** A loopback's delay, and how long an engine takes to look at what came. */
const LOCAL_MS = 0.02;
const MOST_BATCH_BYTES = 200_000;
const MOST_BATCH = 64;
const INDICES_KEPT = 8;
/** Counters of what is turned away, and whether only limits make it move. */
const REASONS = {
  oversizedFromNetwork: false,
  malformedFromNetwork: false,
  wrongMac1: false,
  unknownIndex: false,
  newAddressesLimited: true,
  unconfirmedLimited: true,
  sessionsExhausted: true,
  unconfirmedExhausted: true,
  upstreamFailed: false,
} as const;
type Reason = keyof typeof REASONS;
const NAMES = Object.keys(REASONS) as Reason[];

/** Whose datagram it really is; absent: an attacker's. */
export type Sender = number | 'stranger' | undefined;

interface Waiting {
  readonly datagram: Datagram;
  readonly from: Address;
  readonly sender: Sender;
  /** The client whose WireGuard made it for this one; -1: a forged one, or one sent back. */
  readonly maker: number;
}

export interface ServerParts {
  readonly clock: Clock;
  readonly setup: Setup;
  readonly batch: Batch;
  readonly mac1Key: Uint8Array | undefined;
  /** WireGuard's side of the tunnels, by client. */
  readonly peers: readonly PaperPeer[];
  /** Whether strangers may fill the server's places. */
  readonly canFill: boolean;
}

export class ModelServer {
  readonly peers: readonly PaperPeer[];
  /** Carries what the relay sends to an address. */
  deliver: (to: string, datagram: Datagram) => void = () => {};
  readonly counters: Counters;
  isBusy = false;
  /** Addresses reached by the last packet of each client's WireGuard. */
  readonly reached: ReadonlySet<string>[];
  readonly #clock: Clock;
  readonly #setup: Setup;
  readonly #relay: Relay;
  readonly #batch: Batch;
  readonly #copies: Copies;
  readonly #answers: Answers;
  readonly #inbox: Waiting[] = [];
  readonly #engine: StrictEngine;
  /** Where WireGuard answers, by client: where it last heard from. */
  readonly #endpoints: (Upstream | undefined)[];
  /** By index that WireGuard chose: the socket it named it on. The latest last. */
  readonly #announced = new Map<number, Upstream>();
  readonly #canFill: boolean;
  /** Sessions that the relay called confirmed lately. */
  #confirmed: number[] = [];
  #isOver = false;

  constructor({ clock, setup, batch, mac1Key, peers, canFill }: ServerParts) {
    this.peers = peers;
    this.#canFill = canFill;
    this.#clock = clock;
    this.#setup = setup;
    this.#batch = batch;
    this.#engine = new StrictEngine(setup);
    this.#copies = new Copies(setup.deduplicate, setup.keep !== 'none');
    this.#answers = new Answers(setup);
    this.#endpoints = this.peers.map(() => undefined);
    this.reached = this.peers.map(() => new Set<string>());
    this.counters = new Counters(SHAPES[setup.limits]);
    this.#relay = new Relay({
      counters: this.counters,
      maxDatagramBytes: 65_300,
      maxPathsPerSession: setup.maxPathsPerSession,
      deduplicate: setup.deduplicate,
      protocol: 'wireguard',
    });
    this.#relay.serve({
      outlets: this.#engine,
      limits: { ...LIMITS[setup.limits], pathTimeoutMs: setup.clientTimeoutMs },
      ...(mac1Key !== undefined && { mac1Key }),
      onPathOpened: (path, session) => this.#engine.told(path, session),
      onPathClosed: (path) => this.#engine.told(path, -1),
      onSessionConfirmed: (session) => {
        this.#engine.upstreams.get(session)!.isConfirmed = true;
        this.#confirmed.push(session);
      },
      onSessionClosed: () => {},
    });
    for (const [client, peer] of this.peers.entries()) {
      peer.transmit = (datagram) => {
        const upstream = this.#endpoints[client];
        if (upstream !== undefined) this.#answer(upstream, datagram, client);
      };
    }
  }

  /** The process ends: what arrives from now on, or is on its way from WireGuard, is lost. */
  end(): void {
    this.#isOver = true;
    for (const upstream of this.#engine.upstreams.values()) upstream.isOpen = false;
  }

  get paths(): number {
    return this.#engine.paths.size;
  }

  get sessions(): number {
    return this.#engine.upstreams.size;
  }

  tick(): void {
    this.#flush();
    this.#relay.tick(this.#clock.nowMs);
    this.#engine.expectLimits();
  }

  /** Packets of another client came by the socket that WireGuard answers this one on. */
  isShared(client: number): boolean {
    return (this.#endpoints[client]?.clients.size ?? 0) > 1;
  }

  /** Something arrives at the server's port. */
  arrive(datagram: Datagram, from: Address, sender: Sender): void {
    if (this.#isOver) return;
    if (this.#inbox.length === 0) this.#clock.after(LOCAL_MS, () => this.#flush());
    const maker = datagram.made === undefined ? -1 : this.peers.indexOf(datagram.made.to);
    this.#inbox.push({ datagram, from, sender, maker });
  }

  /** WireGuard starts anew and does not know where anybody is. */
  forget(client: number): void {
    this.peers[client]!.restart();
    this.#endpoints[client] = undefined;
  }

  #flush(): void {
    while (this.#inbox.length > 0 && !this.#isOver) {
      let bytes = 0;
      let count = 0;
      for (; count < Math.min(this.#inbox.length, MOST_BATCH); count++) {
        bytes += this.#inbox[count]!.datagram.bytes.length;
        if (bytes > MOST_BATCH_BYTES && count > 0) break;
      }
      this.#receive(this.#inbox.splice(0, count));
    }
  }

  #receive(inbox: readonly Waiting[]): void {
    const { nowMs } = this.#clock;
    const arrivals: (Arrival & { from: Address; datagrams: Buffer[] })[] = [];
    for (const { datagram, from, sender, maker } of inbox) {
      this.#answers.arrives(datagram, maker >= 0, from, typeof sender === 'number' ? sender : NOBODY, nowMs);
      const last = arrivals.at(-1);
      if (last?.from.key === from.key) last.datagrams.push(datagram.bytes);
      else arrivals.push({ from, datagrams: [datagram.bytes] });
    }
    const knowns = inbox.map((it) => this.#knownTo(it));
    const before = NAMES.map((name) => this.counters.relay(name));
    const batch = fill(this.#batch, arrivals);
    this.#relay.fromNetwork(batch.at(nowMs));
    this.#relay.rest();
    const moved = new Map(NAMES.map((name, i) => [name, this.counters.relay(name) - before[i]!]));
    this.#engine.expectLimits();
    let unexplained = -[...moved.values()].reduce((sum, it) => sum + it, 0);
    for (const [i, waiting] of inbox.entries()) {
      const { datagram } = waiting;
      const to = batch.to[i]!;
      if (to === DROP && !this.#copies.isCopy(datagram)) {
        unexplained++;
        // By others of this batch its address may have lost its path, or its session been merged into another.
        const isKnown = knowns[i] !== undefined && this.#knownTo(waiting) === knowns[i];
        const isPassed = inbox.some((it, j) => it.datagram.id === datagram.id && batch.to[j] !== DROP);
        if (waiting.maker >= 0 && !isPassed) expectExcuse(datagram, isKnown, this.#canFill, moved);
      } else {
        this.#decided(waiting, i, to);
      }
    }
    if (unexplained > 0) throw new Broken('books', `${unexplained} datagrams dropped, and not counted`);
  }

  #decided({ datagram, from, sender, maker }: Waiting, i: number, to: number): void {
    const { nowMs } = this.#clock;
    let upstream: Upstream | undefined;
    if (to !== DROP) {
      upstream = this.#engine.upstreams.get(to);
      if (upstream === undefined)
        throw new Broken('books', `${describe(datagram)} goes to session ${to}, which is not open`);
      const at = this.#batch.offset[i]!;
      const { bytes } = datagram;
      if (this.#batch.bytes.compare(bytes, 0, bytes.length, at, at + bytes.length) !== 0) {
        throw new Broken('byte-identical', `${describe(datagram)} was changed`);
      }
    }
    const it = upstream ?? (this.#copies.placeOf(datagram) as Upstream);
    const hasPath = it.isOpen && this.#engine.sessionAt(from.key) === it.session;
    const bearers = this.#copies.decided(
      datagram,
      hasPath ? this.#engine.stayOf(from.key) : '',
      upstream,
      nowMs,
    );
    // Who had to make room since, and is back, is not known to have brought it.
    const alike = this.#engine.addressesOf(it.session).filter((key) => bearers.has(this.#engine.stayOf(key)));
    if (maker >= 0) it.clients.add(maker);
    if (typeof sender === 'number') {
      this.#answers.delivered(from, it, hasPath, this.#setup.keep === 'none' ? [] : alike, nowMs);
      it.hasClient = true;
    } else if (sender === 'stranger') {
      it.hasStranger = true;
    }
    if (it.hasClient && it.hasStranger)
      throw new Broken('strangers have sessions of their own', describe(datagram));
    if (upstream !== undefined) {
      const passed = upstream;
      this.#clock.after(LOCAL_MS, () => this.#wireguard(datagram, passed));
    }
  }

  /** Whose the index is, if WireGuard chose it lately and the session is still there: then it is passed on whatever happens. */
  #knownTo({ datagram: { bytes }, from, maker }: Waiting): Upstream | undefined {
    if (maker < 0) return undefined;
    if (bytes[0] === HANDSHAKE_INITIATION) {
      const upstream = this.#engine.upstreams.get(this.#engine.sessionAt(from.key));
      return upstream?.isConfirmed === true ? upstream : undefined;
    }
    const index = bytes.readUInt32LE(bytes[0] === HANDSHAKE_RESPONSE ? 8 : 4);
    const isRecent = [...this.#announced.keys()].slice(-INDICES_KEPT).includes(index);
    const upstream = this.#announced.get(index);
    return isRecent && upstream?.isOpen === true ? upstream : undefined;
  }

  /** WireGuard gets a datagram on one of its sockets. */
  #wireguard(datagram: Datagram, upstream: Upstream): void {
    if (this.#isOver) return;
    const isInitiation = datagram.bytes[0] === HANDSHAKE_INITIATION;
    if (isInitiation && this.isBusy) {
      this.#answer(upstream, this.peers[0]!.cookieFor(datagram.bytes), 0);
      return;
    }
    const client = datagram.made === undefined ? -1 : this.peers.indexOf(datagram.made.to);
    if (client < 0) return;
    this.peers[client]!.receive(datagram, () => {
      this.#endpoints[client] = upstream;
    });
  }

  /** WireGuard says something on one of its sockets, to a client. */
  #answer(upstream: Upstream, datagram: Datagram, client: number): void {
    this.#clock.after(LOCAL_MS, () => {
      if (this.#isOver || !upstream.isOpen) return;
      const { nowMs } = this.#clock;
      const type = datagram.bytes[0];
      if (type === HANDSHAKE_INITIATION || type === HANDSHAKE_RESPONSE) {
        this.#announced.set(datagram.bytes.readUInt32LE(4), upstream);
      }
      const batch = fill(this.#batch, [{ datagrams: [datagram.bytes] }]);
      this.#confirmed = [];
      this.#relay.fromWireguard(upstream.session, batch.at(nowMs));
      if (batch.to[0] === DROP) throw new Broken('what WireGuard says is sent', describe(datagram));
      if (type === HANDSHAKE_INITIATION || type === HANDSHAKE_RESPONSE || type === TRANSPORT_DATA) {
        for (const session of this.#confirmed)
          this.#answers.confirmed(session, this.#engine.addressesOf(session));
        this.#answers.answered(nowMs);
      }
      const targets = [...this.#relay.targets.subarray(0, this.#relay.targetCount)].map((path) =>
        this.#engine.paths.get(path),
      );
      const keys = new Set(targets);
      if (keys.has(undefined) || keys.size !== targets.length || keys.size > this.#setup.maxPathsPerSession) {
        throw new Broken('books', `WireGuard’s packet goes to ${targets}`);
      }
      this.reached[client] = keys as Set<string>;
      this.#answers.sent(upstream, datagram.bytes.length, keys as Set<string>, nowMs);
      for (const key of keys) this.deliver(key!, datagram);
    });
  }
}

/** A genuine packet was dropped: for want of places, or because nobody could know whose it is. */
function expectExcuse(
  datagram: Datagram,
  isKnown: boolean,
  canFill: boolean,
  moved: ReadonlyMap<Reason, number>,
): void {
  const reasons = NAMES.filter((name) => moved.get(name)! > 0);
  const isData = datagram.bytes[0] === TRANSPORT_DATA;
  const isExcused = reasons.some(
    (name) => (REASONS[name] && canFill) || (name === 'unknownIndex' && (canFill || !isData)),
  );
  if (isExcused && !isKnown) return;
  throw new Broken('every genuine packet is passed on', `${describe(datagram)} was dropped (${reasons})`);
}
