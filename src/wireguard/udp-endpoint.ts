/**
 * An endpoint on a UDP socket of its own, with its own timer: what `wireguard-go` is to the tests, in process.
 * The protocol is endpoint.ts's. The peer's address is the one its last new authentic datagram came from.
 */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { Endpoint, type EndpointOptions } from './endpoint.ts';
import type { EndpointCounters } from './endpoint-counters.ts';

const TICK_MS = 100;
/** For bursts while the process is busy elsewhere. The kernel gives less, silently, where rmem_max is lower. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** A numeric IPv4 or IPv6 address and a port. */
export interface UdpAddress {
  address: string;
  port: number;
}

/** Where to listen and, for the side that starts, where the peer is. */
export interface UdpEndpointOptions extends Omit<EndpointOptions, 'transmit'> {
  /** Port 0: any free one. */
  listen: UdpAddress;
  peer?: UdpAddress;
  /** How often time-driven work is looked at; default 100 ms. Lower it with short timers. */
  tickMs?: number;
}

/** An endpoint with a socket. */
export class UdpEndpoint {
  readonly #endpoint: Endpoint;
  readonly #listen: UdpAddress;
  readonly #tickMs: number;
  readonly #socket: Socket;
  #peer: UdpAddress | null;
  #timer: NodeJS.Timeout | undefined;
  #state: 'new' | 'started' | 'closed' = 'new';
  #sendErrors = 0;

  constructor(options: UdpEndpointOptions) {
    this.#listen = options.listen;
    this.#peer = options.peer ?? null;
    this.#tickMs = options.tickMs ?? TICK_MS;
    const isV6 = isIPv6(options.listen.address);
    this.#socket = createSocket({
      type: isV6 ? 'udp6' : 'udp4',
      // Addresses are numeric: answering at once saves a trip through dns.lookup() for each datagram.
      lookup: (hostname, _options, callback) => callback(null, hostname, isV6 ? 6 : 4),
    });
    this.#endpoint = new Endpoint({ ...options, transmit: (datagram) => this.#transmit(datagram) });
  }

  /** What the endpoint has counted. */
  get counters(): Readonly<EndpointCounters> {
    return this.#endpoint.counters;
  }

  /** Datagrams that the socket refused; WireGuard's retries make up for them. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  /** Whether there is a session. */
  get isUp(): boolean {
    return this.#endpoint.isUp;
  }

  /** Where datagrams go to now; null until known. */
  get peer(): UdpAddress | null {
    return this.#peer;
  }

  /** Binds the socket; resolves to the address and port in use. Rejects with the bind's error (EADDRINUSE, …). */
  async start(): Promise<UdpAddress> {
    const listening = once(this.#socket, 'listening');
    this.#socket.bind({ address: this.#listen.address, port: this.#listen.port });
    await listening;
    this.#state = 'started';
    this.#socket.on('error', () => this.#sendErrors++);
    this.#socket.on('message', (datagram, { address, port }) => {
      const peer = this.#peer;
      // A handshake is answered before receive() returns, so the answer needs the address beforehand.
      this.#peer = { address, port };
      if (!this.#endpoint.receive(datagram)) this.#peer = peer;
    });
    try {
      this.#socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      // A system that refuses the size keeps its default: bursts may cost packets, nothing else changes.
    }
    this.#timer = setInterval(() => this.#endpoint.tick(), this.#tickMs);
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** Starts a handshake; without a peer's address its messages go nowhere. */
  connect(): void {
    this.#endpoint.connect();
  }

  /** As Endpoint.keepAlive(). */
  keepAlive(): void {
    this.#endpoint.keepAlive();
  }

  /** As Endpoint.send(). */
  send(packet: Uint8Array): boolean {
    return this.#endpoint.send(packet);
  }

  /** Closes socket and timer; resolves when the port is free. Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#endpoint.close();
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #transmit(datagram: Uint8Array): void {
    if (this.#peer === null || this.#state !== 'started') return;
    this.#socket.send(datagram, this.#peer.port, this.#peer.address, (error) => {
      if (error !== null) this.#sendErrors++;
    });
  }
}
