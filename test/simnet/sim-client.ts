/**
 * A client of the virtual network: a real WireGuard endpoint behind a client's relay with its links, and the
 * peer's endpoint at the server. Counts, at the endpoints, what the tunnel lost.
 */
import { type Batch, Counters, DROP, formatAddress, type SocketAddress } from '../../src/net/index.ts';
import { ONLY_SESSION, Relay } from '../../src/relay/index.ts';
import {
  Endpoint,
  type EndpointTimers,
  generateKeyPair,
  type RawKeyPair,
} from '../../src/wireguard/index.ts';
import { fill, lastingBatch } from '../sockets/datagrams.ts';
import { Link, type LinkQuality } from './link.ts';
import type { World } from './world.ts';

const ENDPOINT_TICK_MS = 100;
const RELAY_TICK_MS = 250;
const LOCAL_MS = 0.02;

export interface ClientSettings {
  readonly links: readonly (LinkQuality & { address: SocketAddress })[];
  readonly timers?: Partial<EndpointTimers>;
  readonly serverTimers?: Partial<EndpointTimers>;
  readonly serverKeys?: RawKeyPair;
  /** 0: its relay does not drop late copies. */
  readonly keepBytes?: number;
}

/** One of a client's links; its address is what a NAT makes of it. */
export class ClientLink {
  address: SocketAddress;
  readonly up: Link;
  readonly down: Link;

  constructor(world: World, { address, ...quality }: LinkQuality & { address: SocketAddress }) {
    this.address = address;
    this.up = new Link(world.clock, world.random, quality);
    this.down = new Link(world.clock, world.random, quality);
  }
}

/** Packets of one direction, by number. */
class Stream {
  readonly sentAtMs: number[] = [];
  readonly #got = new Set<number>();

  take(packet: Uint8Array): void {
    this.#got.add(Buffer.from(packet).readUInt32BE(0));
  }

  /** Numbers of packets that never came. */
  lost(): number[] {
    return [...this.sentAtMs.keys()].filter((number) => !this.#got.has(number));
  }
}

export class SimClient {
  readonly endpoint: Endpoint;
  readonly peer: Endpoint;
  readonly counters = Counters.forPaths(32);
  readonly relay: Relay;
  readonly links: ClientLink[] = [];
  readonly up = new Stream();
  readonly down = new Stream();
  /** Each datagram that a link brings, before the relay sees it. */
  onArrival: (link: number, datagram: Uint8Array) => void = () => {};
  readonly #world: World;
  readonly #batch: Batch;

  constructor(world: World, settings: ClientSettings) {
    const [own, theirs] = [generateKeyPair(), settings.serverKeys ?? generateKeyPair()];
    const { wireguard } = world.server;
    const nowMs = () => world.clock.nowMs;
    this.#world = world;
    this.#batch = lastingBatch(settings.keepBytes ?? 2 << 20, 1 << 16);
    this.relay = new Relay({
      counters: this.counters,
      maxDatagramBytes: 9_216,
      maxPathsPerSession: 16,
      deduplicate: true,
      protocol: 'wireguard',
    });
    this.endpoint = new Endpoint({
      privateKey: own.privateKey,
      peerPublicKey: theirs.publicKey,
      nowMs,
      ...(settings.timers !== undefined && { timers: settings.timers }),
      transmit: (datagram) => {
        if (datagram[0] === 1) wireguard.announce(datagram, this.peer);
        world.clock.after(LOCAL_MS, () => this.#fromWireguard(datagram));
      },
      deliver: (packet) => this.down.take(packet),
    });
    this.peer = new Endpoint({
      privateKey: theirs.privateKey,
      peerPublicKey: own.publicKey,
      nowMs,
      ...(settings.serverTimers !== undefined && { timers: settings.serverTimers }),
      transmit: (datagram) => wireguard.transmit(datagram, this.peer),
      deliver: (packet) => this.up.take(packet),
    });
    for (const link of settings.links) this.addLink(link);
    world.clock.every(ENDPOINT_TICK_MS, () => {
      this.endpoint.tick();
      this.peer.tick();
    });
    world.clock.every(RELAY_TICK_MS, () => this.relay.tick(world.clock.nowMs));
  }

  get nowMs(): number {
    return this.#world.clock.nowMs;
  }

  addLink(quality: LinkQuality & { address: SocketAddress }): ClientLink {
    const link = new ClientLink(this.#world, quality);
    this.relay.openPath(this.links.length);
    this.links.push(link);
    this.#world.attach(link.address, (datagram) => this.#arrives(link, datagram));
    return link;
  }

  /** A NAT gives the link a new address; what is sent to the old one is lost. */
  rebind(link: ClientLink, address: SocketAddress): void {
    this.#world.detach(link.address);
    link.address = address;
    this.#world.attach(address, (datagram) => this.#arrives(link, datagram));
  }

  sendUp(lengthBytes = 100): void {
    this.endpoint.send(this.#numbered(this.up, lengthBytes));
  }

  sendDown(lengthBytes = 100): void {
    this.peer.send(this.#numbered(this.down, lengthBytes));
  }

  /** Sends both ways at this pace until `forMs` have passed. */
  talk(periodMs: number, forMs: number, lengthBytes = 100): void {
    const untilMs = this.#world.clock.nowMs + forMs;
    const step = (send: () => void) => () => {
      if (this.#world.clock.nowMs >= untilMs) return false;
      send();
      return true;
    };
    this.#world.clock.every(
      periodMs,
      step(() => this.sendUp(lengthBytes)),
      0,
    );
    this.#world.clock.every(
      periodMs,
      step(() => this.sendDown(lengthBytes)),
      periodMs / 2,
    );
  }

  #numbered(stream: Stream, lengthBytes: number): Buffer {
    const packet = Buffer.alloc(lengthBytes, 0xa5);
    packet.writeUInt32BE(stream.sentAtMs.length, 0);
    stream.sentAtMs.push(this.#world.clock.nowMs);
    return packet;
  }

  #fromWireguard(datagram: Uint8Array): void {
    const { relay } = this;
    const batch = fill(this.#batch, [{ datagrams: [datagram] }]);
    relay.fromWireguard(ONLY_SESSION, batch.at(this.#world.clock.nowMs));
    for (let i = 0; i < relay.targetCount; i++) {
      const link = this.links[relay.targets[i]!]!;
      const from = link.address;
      link.up.send(() => this.#world.server.receive(datagram, from));
    }
  }

  #arrives(link: ClientLink, datagram: Uint8Array): void {
    const address = formatAddress(link.address);
    link.down.send(() => {
      if (formatAddress(link.address) !== address) return; // the NAT has forgotten it meanwhile
      const path = this.links.indexOf(link);
      this.onArrival(path, datagram);
      const batch = fill(this.#batch, [{ datagrams: [datagram], path }]);
      this.relay.fromNetwork(batch.at(this.#world.clock.nowMs));
      this.relay.rest();
      if (batch.to[0] === DROP) return;
      this.#world.clock.after(LOCAL_MS, () => this.endpoint.receive(datagram));
    });
  }
}
