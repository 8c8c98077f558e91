/**
 * The server's listening port, and one more socket on it for each interface that answers leave by.
 * A socket's send buffer fills when its link is slow; with a single socket for all, one slow link would
 * eat the buffer of the others. All of them share the port, so that answers come from the address the
 * client knows; a one-line filter makes the kernel deliver to the first alone.
 * Source: socket(7), SO_REUSEPORT and SO_ATTACH_REUSEPORT_CBPF.
 */
import { formatAddress, type SocketAddress } from '../net/index.ts';
import { SO_ATTACH_REUSEPORT_CBPF, SOL_SOCKET } from './constants.ts';
import { setsockopt } from './ffi.ts';
import { Region } from './memory.ts';
import { domainOf } from './socket-address.ts';
import { PATH_BUFFERS, UdpSocket } from './udp-socket.ts';

/** More interfaces than this share the listening socket. */
const MOST_SOCKETS = 64;

export class Egress {
  readonly listening: UdpSocket;
  readonly #address: SocketAddress;
  readonly #canShare: boolean;
  readonly #byInterface = new Map<number, UdpSocket>();

  /** @throws SystemCallError, also when another program has the port */
  constructor(address: SocketAddress) {
    // Sockets of one user may share a port without asking, so look first whether it is free.
    open(address, false).close();
    this.listening = open(address, true);
    this.#address = this.listening.localAddress();
    this.#canShare = deliverToFirst(this.listening.fd);
  }

  /** The descriptor to answer through on interface `index`; the listening one when there can't be another. */
  descriptorFor(index: number): number {
    const known = this.#byInterface.get(index);
    if (known !== undefined) return known.fd;
    if (!this.#canShare || this.#byInterface.size === MOST_SOCKETS) return this.listening.fd;
    // The first interface uses the listening socket itself.
    const socket = this.#byInterface.size === 0 ? this.listening : this.#another();
    this.#byInterface.set(index, socket);
    return socket.fd;
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

/** `struct sock_fprog { u16 count; struct sock_filter *filter; }` of the single instruction "return 0". */
function deliverToFirst(fd: number): boolean {
  const BPF_RET_K = 0x06;
  const program = new Region(32);
  program.view.setUint16(16, BPF_RET_K, true);
  program.view.setUint16(0, 1, true);
  program.setPointer(8, program.address + 16);
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program.address, 16) === 0;
}
