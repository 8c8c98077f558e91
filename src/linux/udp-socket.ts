/**
 * Opens UDP sockets with the options the packet loop needs. Set-up code: it throws SystemCallError with
 * what was attempted; what merely makes things slower (buffers, receive offload) never fails a socket.
 * Sources: socket(7), udp(7), ip(7), ipv6(7).
 */
import { formatAddress, type SocketAddress } from '../net/index.ts';
import {
  AF_INET6,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_RECVPKTINFO,
  IPV6_V6ONLY,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCKADDR_SPACE,
  SOL_SOCKET,
  SOL_UDP,
  UDP_GRO,
} from './constants.ts';
import { EPERM, SystemCallError } from './errors.ts';
import { bind, close, connect, getsockname, getsockopt, setsockopt, socket } from './ffi.ts';
import { Region } from './memory.ts';
import { domainOf, sockaddrToAddress, writeSockaddr } from './socket-address.ts';

/** Buffer sizes to ask for, in bytes of payload; the kernel doubles them for its own bookkeeping. */
export interface BufferSizes {
  readonly receiveBytes: number;
  readonly sendBytes: number;
}

/** The default of 212,992 bytes holds 92 packets of 1,400 bytes: a burst of a few milliseconds. */
export const PATH_BUFFERS: BufferSizes = { receiveBytes: 4 << 20, sendBytes: 256 << 10 };
/** Small on this side: what queues here is delay that WireGuard's users feel. */
export const WIREGUARD_BUFFERS: BufferSizes = { receiveBytes: 1 << 20, sendBytes: 1 << 20 };

const scratch = new Region(256);
const LENGTH_AT = 128;

export class UdpSocket {
  readonly fd: number;
  readonly domain: number;

  /** Length of a sockaddr of this socket's family (ip(7), ipv6(7)). */
  get sockaddrLength(): number {
    return this.domain === AF_INET6 ? 28 : 16;
  }

  /**
   * @param attempt begins the message of every error, e.g. `Cannot listen on 127.0.0.1:59401`
   * @param fd of a socket that is open already
   */
  constructor(domain: number, attempt: string, fd?: number) {
    this.domain = domain;
    this.fd = fd ?? socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (this.fd < 0) throw new SystemCallError(attempt, 'socket', -this.fd);
  }

  /** A socket that another thread opened: descriptors are the process's. */
  static of(fd: number, domain: number): UdpSocket {
    return new UdpSocket(domain, '', fd);
  }

  bindTo(address: SocketAddress, attempt: string): void {
    const length = this.#lay(address);
    this.#check(bind(this.fd, scratch.address, length), attempt, 'bind');
  }

  connectTo(address: SocketAddress, attempt: string): void {
    const length = this.#lay(address);
    this.#check(connect(this.fd, scratch.address, length), attempt, 'connect');
  }

  /** Lays the address out in `scratch`; gives the length of what is there now, in bytes. */
  #lay(address: SocketAddress): number {
    try {
      return writeSockaddr(scratch, 0, address, this.domain);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ordinary users may do this once per socket since Linux 5.7; before, it takes CAP_NET_RAW. */
  bindToDevice(device: string, attempt: string): void {
    const length = Buffer.from(scratch.bytes.buffer).write(`${device}\0`);
    const result = setsockopt(this.fd, SOL_SOCKET, SO_BINDTODEVICE, scratch.address, length);
    const hint =
      result === -EPERM ? '; grant CAP_NET_RAW (setcap cap_net_raw+ep on node, or AmbientCapabilities)' : '';
    this.#check(result, `${attempt}: binding to device ${device} failed${hint}`, 'SO_BINDTODEVICE');
  }

  /** Makes the kernel say which local address each datagram came to. */
  reportLocalAddress(): void {
    this.setOption(IPPROTO_IP, IP_PKTINFO, 1);
    if (this.domain === AF_INET6) this.setOption(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  }

  acceptIPv4Too(): void {
    if (this.domain === AF_INET6) this.setOption(IPPROTO_IPV6, IPV6_V6ONLY, 0);
  }

  sharePort(): void {
    this.setOption(SOL_SOCKET, SO_REUSEPORT, 1);
  }

  /** Asks for receive offload: runs of equal datagrams arrive as one. Linux 5.0; older ones say no. */
  offloadReceive(): void {
    this.setOption(SOL_UDP, UDP_GRO, 1);
  }

  /** Sets both buffers, past the system's limit where we may. Returns the receive buffer really got, in bytes. */
  sizeBuffers({ receiveBytes, sendBytes }: BufferSizes): number {
    if (this.setOption(SOL_SOCKET, SO_SNDBUFFORCE, sendBytes) < 0)
      this.setOption(SOL_SOCKET, SO_SNDBUF, sendBytes);
    if (this.setOption(SOL_SOCKET, SO_RCVBUFFORCE, receiveBytes) < 0) {
      this.setOption(SOL_SOCKET, SO_RCVBUF, receiveBytes);
    }
    return this.getOption(SOL_SOCKET, SO_RCVBUF) / 2;
  }

  /** @returns 0 or -errno */
  setOption(level: number, name: number, value: number): number {
    scratch.view.setInt32(0, value, true);
    return setsockopt(this.fd, level, name, scratch.address, 4);
  }

  getOption(level: number, name: number): number {
    scratch.view.setUint32(LENGTH_AT, 4, true);
    getsockopt(this.fd, level, name, scratch.address, scratch.address + LENGTH_AT);
    return scratch.view.getInt32(0, true);
  }

  localAddress(): SocketAddress {
    scratch.view.setUint32(LENGTH_AT, SOCKADDR_SPACE, true);
    getsockname(this.fd, scratch.address, scratch.address + LENGTH_AT);
    return sockaddrToAddress(scratch, 0);
  }

  close(): void {
    close(this.fd);
  }

  #check(result: number, attempt: string, call: string): void {
    if (result >= 0) return;
    this.close();
    throw new SystemCallError(attempt, call, -result);
  }
}

/** A socket bound to a device, a source address or both, connected to its destination. */
export function openConnected(options: {
  readonly destination: SocketAddress;
  readonly source?: string | undefined;
  readonly device?: string | undefined;
  readonly buffers: BufferSizes;
  readonly attempt: string;
}): UdpSocket {
  const { destination, source, device, buffers, attempt } = options;
  const udp = new UdpSocket(domainOf(destination.address), attempt);
  if (device !== undefined) udp.bindToDevice(device, attempt);
  if (source !== undefined) {
    udp.bindTo({ address: source, port: 0 }, `${attempt}: binding to ${source} failed`);
  }
  udp.connectTo(destination, `${attempt}: connecting to ${formatAddress(destination)} failed`);
  udp.offloadReceive();
  udp.sizeBuffers(buffers);
  return udp;
}
