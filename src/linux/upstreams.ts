/**
 * A server's sockets towards its WireGuard, one per session. They follow WireGuard's address, and change from one
 * packet loop to another with their sessions: a descriptor belongs to the process, so nothing is closed and what
 * waits in a socket waits on.
 */
import { formatAddress, type SocketAddress } from '../net/index.ts';
import { Destination } from './destination.ts';
import { SystemCallError } from './errors.ts';
import { domainOf } from './socket-address.ts';
import { openConnected, UdpSocket, WIREGUARD_BUFFERS } from './udp-socket.ts';

export interface UpstreamEvents {
  /** Throws `SystemCallError` when it cannot be read from. */
  onOpened(socket: UdpSocket, session: number): void;
  /** It is not to be read from any longer. */
  onLeft(socket: UdpSocket): void;
  onFailure(message: string): void;
}

/** A socket on its way to another loop. */
export interface ReleasedUpstream {
  readonly fd: number;
  readonly destination: SocketAddress;
}

export class Upstreams {
  /** By session: its WireGuard. */
  readonly destinations: (Destination | undefined)[] = [];
  readonly #events: UpstreamEvents;
  readonly #sockets = new Map<number, UdpSocket>();
  #address: SocketAddress | undefined;

  constructor(events: UpstreamEvents) {
    this.#events = events;
  }

  /** Where sockets lead; open ones are replaced. */
  set address(address: SocketAddress) {
    this.#address = address;
    for (const session of [...this.#sockets.keys()]) {
      this.close(session);
      this.open(session);
    }
  }

  open(session: number): boolean {
    const destination = this.#address;
    if (destination === undefined) return false;
    const attempt = `Cannot reach WireGuard at ${formatAddress(destination)}`;
    return this.#add(session, () => openConnected({ destination, buffers: WIREGUARD_BUFFERS, attempt }));
  }

  close(session: number): void {
    this.#take(session)?.close();
  }

  closeAll(): void {
    for (const session of [...this.#sockets.keys()]) this.close(session);
  }

  /** Gives up a session's socket, open as it is; undefined when it has none. */
  release(session: number): ReleasedUpstream | undefined {
    const socket = this.#take(session);
    return socket && { fd: socket.fd, destination: this.#address! };
  }

  /** Goes on with a socket of another loop's; with a new one, should WireGuard have moved meanwhile. */
  adopt(session: number, released: ReleasedUpstream | undefined): void {
    if (released === undefined) {
      this.open(session);
      return;
    }
    const { fd, destination } = released;
    const socket = UdpSocket.of(fd, domainOf(destination.address));
    if (this.#address === undefined || formatAddress(this.#address) === formatAddress(destination)) {
      this.#add(session, () => socket);
    } else {
      socket.close();
      this.open(session);
    }
  }

  /** Whether the session has the socket now; what the system refuses is told, and leaves nothing open. */
  #add(session: number, open: () => UdpSocket): boolean {
    try {
      const socket = open();
      this.#sockets.set(session, socket);
      this.destinations[session] = Destination.ofWireguard(socket.fd);
      this.#events.onOpened(socket, session);
      return true;
    } catch (error) {
      if (!(error instanceof SystemCallError)) throw error;
      this.close(session);
      this.#events.onFailure(error.message);
      return false;
    }
  }

  #take(session: number): UdpSocket | undefined {
    const socket = this.#sockets.get(session);
    if (socket === undefined) return undefined;
    this.#events.onLeft(socket);
    this.#sockets.delete(session);
    this.destinations[session] = undefined;
    return socket;
  }
}
