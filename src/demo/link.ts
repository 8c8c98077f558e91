/**
 * A UDP link made in userspace: clients send to its address, it passes each datagram on to the target and the
 * target's answers back, with delay, jitter, loss and a rate of its own, and it can be cut. Each client address gets
 * an upstream socket, so that the target sees distinct sources. What happens to a datagram is lane.ts's.
 * Serves the demo, tests and benchmarks; accurate to about 1 ms, made for some thousand datagrams a second.
 */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { UdpAddress } from '../wireguard/index.ts';
import { Lane, type LaneCounters, type LinkTraits } from './lane.ts';

/** Upstream sockets at most; datagrams from further addresses are dropped and counted in `strangers`. */
const MOST_CLIENTS = 64;
/** A stall of this process must not look like loss of the link; systems cap it as they like. */
const BUFFER_BYTES = 4 * 1024 * 1024;

export interface LinkOptions extends LinkTraits {
  /** Where datagrams of clients end up. */
  target: UdpAddress;
  /** Default: the loopback address of the target's family, any free port. */
  listen?: UdpAddress;
  /** 0 up to 1, as Math.random, which is the default. */
  random?: () => number;
}

/** A link; does nothing until `start()`. */
export class Link {
  readonly #target: UdpAddress;
  readonly #listen: UdpAddress;
  readonly #traits: LinkTraits;
  readonly #forth: Lane<Socket>;
  readonly #back: Lane<UdpAddress>;
  readonly #socket: Socket;
  readonly #upstreams = new Map<string, Socket>();
  #isCut = false;
  #isClosed = false;
  #strangers = 0;
  #sendErrors = 0;

  constructor({ target, listen, random = Math.random, ...traits }: LinkOptions) {
    this.#target = target;
    this.#listen = listen ?? { address: isIPv6(target.address) ? '::1' : '127.0.0.1', port: 0 };
    this.#traits = traits;
    this.#forth = new Lane(traits, (datagram, upstream) => this.#send(upstream, datagram, target), random);
    this.#back = new Lane(traits, (datagram, client) => this.#send(this.#socket, datagram, client), random);
    this.#socket = this.#createSocket();
  }

  /** What became of datagrams from clients to the target. */
  get forth(): Readonly<LaneCounters> {
    return this.#forth.counters;
  }

  /** What became of datagrams from the target to clients. */
  get back(): Readonly<LaneCounters> {
    return this.#back.counters;
  }

  /** Datagrams dropped because too many addresses used the link. */
  get strangers(): number {
    return this.#strangers;
  }

  /** Datagrams that the system refused to send. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  get traits(): Readonly<LinkTraits> {
    return this.#traits;
  }

  /** Binds the socket that clients send to; resolves to its address. Rejects with the bind's error. */
  async start(): Promise<UdpAddress> {
    const listening = once(this.#socket, 'listening'); // beforehand: with our lookup, bind() may emit it at once
    this.#socket.bind({ address: this.#listen.address, port: this.#listen.port, exclusive: true });
    await listening;
    enlargeBuffers(this.#socket);
    this.#socket.on('error', () => this.#sendErrors++);
    this.#socket.on('message', (datagram, { address, port }) => {
      const upstream = this.#upstreamOf({ address, port });
      if (upstream === null) this.#strangers++;
      else this.#forth.accept(datagram, upstream);
    });
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** From the next datagram on. */
  change(traits: Partial<LinkTraits>): void {
    Object.assign(this.#traits, traits);
  }

  /** Loses everything, also what is under way, and says nothing to either side: as a cable cut far away. */
  cut(): void {
    this.#isCut = true;
    this.#forth.cut();
    this.#back.cut();
  }

  restore(): void {
    this.#isCut = false;
    this.#forth.restore();
    this.#back.restore();
  }

  /** Closes all sockets; what is under way is dropped. Safe to call twice, and before `start()`. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.cut();
    const sockets = [this.#socket, ...this.#upstreams.values()];
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }

  #upstreamOf(client: UdpAddress): Socket | null {
    const key = `${client.address} ${client.port}`;
    const known = this.#upstreams.get(key);
    if (known !== undefined) return known;
    if (this.#upstreams.size >= MOST_CLIENTS) return null;
    const upstream = this.#createSocket();
    upstream.on('error', () => this.#sendErrors++);
    upstream.on('message', (datagram, { address, port }) => {
      if (port === this.#target.port && address === this.#target.address) this.#back.accept(datagram, client);
    });
    upstream.bind({ address: this.#listen.address, port: 0, exclusive: true }, () =>
      enlargeBuffers(upstream),
    );
    this.#upstreams.set(key, upstream);
    return upstream;
  }

  #createSocket(): Socket {
    const isV6 = isIPv6(this.#target.address);
    return createSocket({
      type: isV6 ? 'udp6' : 'udp4',
      // Addresses are numeric: answering at once saves a trip through dns.lookup() for each datagram.
      lookup: (hostname, _options, callback) => callback(null, hostname, isV6 ? 6 : 4),
    });
  }

  #send(socket: Socket, datagram: Uint8Array, to: UdpAddress): void {
    if (this.#isClosed) return;
    socket.send(datagram, to.port, to.address, (error) => {
      if (error !== null) this.#sendErrors++;
    });
  }
}

function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
  } catch {
    // A system that refuses keeps its default: a stall of this process may then cost datagrams, nothing else.
  }
}
