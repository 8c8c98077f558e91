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
  /** Sessions whose socket the system refused when WireGuard had moved, or when they came from another loop. */
  readonly #missing = new Set<number>();
  #address: SocketAddress | undefined;

  constructor(events: UpstreamEvents) {
    this.#events = events;
  }

  /** Where sockets lead; open ones are replaced. */
  set address(address: SocketAddress) {
    this.#address = address;
    for (const session of [...this.#sockets.keys(), ...this.#missing]) {
      this.close(session);
      this.#reopen(session);
    }
  }

  open(session: number): boolean {
    const destination = this.#address;
    if (destination === undefined) return false;
    const attempt = `Cannot reach WireGuard at ${formatAddress(destination)}`;
    return this.#add(session, () => openConnected({ destination, buffers: WIREGUARD_BUFFERS, attempt }));
  }

  /**
   * Opens what established sessions lack: there may be a way to WireGuard by now, or a descriptor. What one is
   * refused all are, so the first refusal ends it.
   */
  retry(): void {
    for (const session of this.#missing) if (!this.#reopen(session)) return;
  }

  close(session: number): void {
    this.#missing.delete(session);
    this.#take(session)?.close();
  }

  closeAll(): void {
    for (const session of [...this.#sockets.keys()]) this.close(session);
    this.#missing.clear();
  }

  /** Gives up a session's socket, open as it is; undefined when it has none. */
  release(session: number): ReleasedUpstream | undefined {
    this.#missing.delete(session);
    const socket = this.#take(session);
    return socket && { fd: socket.fd, destination: this.#address! };
  }

  /** Goes on with a socket of another loop's; with a new one, should WireGuard have moved meanwhile. */
  adopt(session: number, released: ReleasedUpstream | undefined): void {
    if (released === undefined) {
      this.#reopen(session);
      return;
    }
    const { fd, destination } = released;
    const socket = UdpSocket.of(fd, domainOf(destination.address));
    if (this.#address === undefined || formatAddress(this.#address) === formatAddress(destination)) {
      if (!this.#add(session, () => socket)) this.#missing.add(session);
    } else {
      socket.close();
      this.#reopen(session);
    }
  }

  /** An established session has no second handshake to be refused at: it waits for its socket. */
  #reopen(session: number): boolean {
    const isOpen = this.open(session);
    if (isOpen) this.#missing.delete(session);
    else this.#missing.add(session);
    return isOpen;
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
      this.#take(session)?.close();
      if (!this.#missing.has(session)) this.#events.onFailure(error.message);
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
