/**
 * The server's listening port, and one more socket on it for each interface that answers leave by.
 * A socket's send buffer fills when its link is slow; with a single socket for all, one slow link would
 * eat the buffer of the others. All of them share the port, so that answers come from the address the
 * client knows; a filter makes the kernel deliver to the first alone, or with several packet loops to the first of
 * each (steering.ts). These are bound before all others, and none is closed while the program runs: their place in
 * the order of binding is what the filter returns.
 * Source: socket(7), SO_REUSEPORT and SO_ATTACH_REUSEPORT_CBPF.
 */
import { formatAddress, type SocketAddress } from '../net/index.ts';
import { domainOf } from './socket-address.ts';
import { steer } from './steering.ts';
import { PATH_BUFFERS, UdpSocket } from './udp-socket.ts';

/** More interfaces than this at a time share the listening socket. */
export const MOST_SOCKETS = 64;

export class Egress {
  readonly listening: UdpSocket;
  readonly #address: SocketAddress;
  readonly #canShare: boolean;
  readonly #byInterface = new Map<number, UdpSocket>();

  private constructor(listening: UdpSocket, canShare: boolean) {
    this.listening = listening;
    this.#address = listening.localAddress();
    this.#canShare = canShare;
  }

  /**
   * Opens the port. @throws SystemCallError, also when another program has it
   * @param onListening is given the descriptors of `others` more sockets, for other packet loops
   */
  static open(address: SocketAddress, others = 0, onListening: (fds: number[]) => void = () => {}): Egress {
    // Sockets of one user may share a port without asking, so look first whether it is free.
    open(address, false).close();
    const listening = open(address, true);
    const egress = new Egress(listening, steer(listening.fd, [], []));
    if (others === 0) return egress;
    try {
      onListening(Array.from({ length: others }, () => open(egress.#address, true).fd));
    } catch (error) {
      egress.close();
      throw error;
    }
    return egress;
  }

  /** Of a packet loop whose listening socket another has opened. */
  static of(fd: number, address: SocketAddress): Egress {
    return new Egress(UdpSocket.of(fd, domainOf(address.address)), true);
  }

  /** As `steer` has it, of the sockets that loops listen on. */
  steer(indices: readonly number[], loops: readonly number[]): void {
    steer(this.listening.fd, indices, loops);
  }

  /**
   * The descriptor to answer through on interface `index`; the listening one when there can't be another. Negative: the
   * second one on that interface, for what may find nobody.
   * @param inUse tells which of them anything is answered through. An interface that is made anew, as with each
   *   dial-up, has a new index: the sockets of those that are gone serve the ones to come
   */
  descriptorFor(index: number, inUse: () => ReadonlySet<number>): number {
    const known = this.#byInterface.get(index);
    if (known !== undefined) return known.fd;
    const socket = this.#canShare ? this.#next(inUse) : undefined;
    if (socket === undefined) return this.listening.fd;
    this.#byInterface.set(index, socket);
    return socket.fd;
  }

  #next(inUse: () => ReadonlySet<number>): UdpSocket | undefined {
    // The first interface uses the listening socket itself.
    if (this.#byInterface.size === 0) return this.listening;
    if (this.#byInterface.size < MOST_SOCKETS) return this.#another();
    const used = inUse();
    // The one that came first: what waits in its buffer has had the longest time to go.
    for (const [index, socket] of this.#byInterface) {
      if (used.has(index)) continue;
      this.#byInterface.delete(index);
      return socket;
    }
    return undefined;
  }

  close(): void {
    for (const socket of this.#byInterface.values()) if (socket !== this.listening) socket.close();
    this.listening.close();
  }

  #another(): UdpSocket {
    try {
      return open(this.#address, true);
    } catch {
      // Out of descriptors: the interfaces share a buffer, as they would have without us.
      return this.listening;
    }
  }
}

function open(address: SocketAddress, isShared: boolean): UdpSocket {
  const attempt = `Cannot listen on ${formatAddress(address)}`;
  const socket = new UdpSocket(domainOf(address.address), attempt);
  if (isShared) socket.sharePort();
  socket.acceptIPv4Too();
  socket.reportLocalAddress();
  socket.offloadReceive();
  socket.bindTo(address, attempt);
  socket.sizeBuffers(PATH_BUFFERS);
  return socket;
}
