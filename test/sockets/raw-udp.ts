/**
 * A plain UDP socket on system calls, for the other end of what is under test: nothing here waits on Node's
 * event loop, so a test can use it while a packet loop holds the thread, and inside any namespace.
 */
import koffi from 'koffi';
import { poll, send, setsockopt } from '../../src/linux/ffi.ts';
import { Region } from '../../src/linux/memory.ts';
import { domainOf, sockaddrToAddress } from '../../src/linux/socket-address.ts';
import { UdpSocket } from '../../src/linux/udp-socket.ts';
import type { SocketAddress } from '../../src/net/index.ts';

const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const MSG_TRUNC = 0x20;
const POLLIN = 1;
const recvfrom = koffi
  .load(null)
  .func('intptr_t recvfrom(int, uintptr_t, uintptr_t, int, uintptr_t, uintptr_t)') as (
  ...args: number[]
) => number;

/** What the tests that send a lot at once need room for: 8 MiB in the receive buffer. */
const RECEIVE_BYTES = 8 << 20;

/** Why tests that send a lot at once can't run here, null when they can. */
export const bufferObstacle = findBufferObstacle();

export class RawUdp {
  readonly socket: UdpSocket;
  readonly address: SocketAddress;
  readonly #memory = new Region(65_536);
  readonly #poll = new Region(8);
  readonly #sender = new Region(40);
  #hasHeard = false;

  /** Bound to `address`, port 0: any; to nothing but the loopback without one. */
  constructor(address: SocketAddress = { address: '127.0.0.1', port: 0 }) {
    this.socket = new UdpSocket(domainOf(address.address), 'Cannot open a test socket');
    this.socket.acceptIPv4Too();
    this.socket.bindTo(address, 'Cannot bind a test socket');
    this.socket.sizeBuffers({ receiveBytes: RECEIVE_BYTES, sendBytes: RECEIVE_BYTES });
    this.address = this.socket.localAddress();
  }

  get port(): number {
    return this.address.port;
  }

  /** From now on only `to`'s datagrams come in. */
  connect(to: SocketAddress): this {
    this.socket.connectTo(to, 'Cannot connect a test socket');
    return this;
  }

  /** Answers the sender of the last datagram from now on; waits for one and drops it when there was none. */
  connectToSender(): this {
    if (!this.#hasHeard) this.receiveAll(1);
    return this.connect(sockaddrToAddress(this.#sender, 0));
  }

  /** Returns the bytes sent or -errno. Connect first. */
  send(datagram: Uint8Array): number {
    this.#memory.bytes.set(datagram);
    return send(this.socket.fd, this.#memory.address, datagram.length, 0);
  }

  /** Sends one run that the kernel cuts into datagrams of `segmentBytes`. */
  sendRun(bytes: Uint8Array, segmentBytes: number): number {
    this.#setSegment(segmentBytes);
    const result = this.send(bytes);
    this.#setSegment(0);
    return result;
  }

  /** The next datagram that is here already. */
  receive(): Buffer | undefined {
    const { fd } = this.socket;
    const { address: name } = this.#sender;
    this.#sender.view.setUint32(32, 32, true);
    const length = recvfrom(fd, this.#memory.address, 65_536, MSG_TRUNC, name, name + 32);
    if (length < 0) return undefined;
    this.#hasHeard = true;
    return Buffer.from(this.#memory.bytes.slice(0, length));
  }

  /** Waits for `count` datagrams, at most `timeoutMs` for each; then takes what else is here. */
  receiveAll(count: number, timeoutMs = 1_000): Buffer[] {
    const datagrams: Buffer[] = [];
    while (datagrams.length < count && this.waitReadable(timeoutMs)) datagrams.push(this.receive()!);
    for (let next = this.receive(); next !== undefined; next = this.receive()) datagrams.push(next);
    return datagrams;
  }

  /** Blocks the thread until a datagram is here. */
  waitReadable(timeoutMs = 1_000): boolean {
    return waitReadable(this.socket.fd, timeoutMs, this.#poll);
  }

  close(): void {
    this.socket.close();
  }

  #setSegment(bytes: number): void {
    this.#memory.view.setInt32(0, bytes, true);
    setsockopt(this.socket.fd, SOL_UDP, UDP_SEGMENT, this.#memory.address, 4);
  }
}

/** Blocks the thread until `fd` has something to read. */
export function waitReadable(fd: number, timeoutMs = 1_000, memory = new Region(8)): boolean {
  memory.view.setInt32(0, fd, true);
  memory.view.setInt16(4, POLLIN, true);
  return poll(memory.address, 1, timeoutMs) > 0;
}

function findBufferObstacle(): string | null {
  const socket = new UdpSocket(domainOf('127.0.0.1'), 'Cannot open a test socket');
  const got = socket.sizeBuffers({ receiveBytes: RECEIVE_BYTES, sendBytes: RECEIVE_BYTES });
  socket.close();
  return got >= RECEIVE_BYTES ? null : 'needs root, or net.core.rmem_max of 8 MiB';
}
