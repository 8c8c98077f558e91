/**
 * One node:dgram socket as the portable engine uses it: opened and bound or connected by callback, sending
 * without ever queueing more than a send buffer's worth, errors counted by reason.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { familyOf, type SocketAddress } from './address.ts';
import { type Counters, P, R } from './counters.ts';
import type { Opened } from './engine.ts';

/** What may wait inside Node for a blocked socket, in bytes; more is dropped and counted in `queueFull`. */
const MOST_QUEUED_BYTES = 256 << 10;
/** The system's default holds 92 packets of 1,400 bytes; Node asks for this and takes what it gets. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/**
 * A server answers on all links from one socket. Behind a dead link the kernel holds back up to 212,992
 * bytes until the neighbour's address is found; with a buffer of just that size all other links would wait.
 */
const SEND_BUFFER_BYTES = 4 << 20;

/** What to do about it, for what cannot be guessed from the code. */
const REMEDIES: Record<string, string> = {
  EMFILE: ": this program's limit on open files is reached, raise it (ulimit -n)",
  ENFILE: ": the system's limit on open files is reached, raise it (sysctl fs.file-max)",
};

export type OnDatagram = (datagram: Buffer, from: RemoteInfo) => void;

export interface PortableSocketOptions {
  readonly local: SocketAddress;
  /** Connect to it, so that only its datagrams come in. */
  readonly remote?: SocketAddress;
  /** Begins the message of a fault. */
  readonly attempt: string;
  readonly onDatagram: OnDatagram;
  /** An error the system reported after the datagram that caused it was gone. */
  readonly onLateError?: (error: NodeJS.ErrnoException) => void;
}

/** Opens a socket; `opened` hears its own address or the fault. */
export function openPortableSocket(options: PortableSocketOptions, opened: Opened): Socket {
  const { local, remote, attempt, onDatagram } = options;
  const isIPv6 = familyOf((remote ?? local).address) === 6;
  const socket = createSocket({ type: isIPv6 ? 'udp6' : 'udp4', ipv6Only: isIPv6 });
  const fail = (error: NodeJS.ErrnoException) => {
    socket.removeAllListeners();
    socket.on('error', () => {}); // closing: whatever else it says, the fault has been told
    socket.close();
    const { code = 'UNKNOWN', syscall } = error;
    opened({ code, message: `${attempt}: ${syscall} answered ${code}${REMEDIES[code] ?? ''}` });
  };
  const succeed = () => {
    socket.off('error', fail);
    socket.on('error', options.onLateError ?? (() => {}));
    const { address, port } = socket.address();
    opened({ address, port });
  };
  socket.once('error', fail);
  socket.on('message', onDatagram);
  socket.bind({ address: local.address, port: local.port, exclusive: true }, () => {
    enlargeBuffers(socket);
    if (remote === undefined) succeed();
    else
      socket.connect(remote.port, remote.address, ((error?: Error) =>
        error ? fail(error) : succeed()) as () => void);
  });
  return socket;
}

/** State of a destination whose socket is still being opened. */
export const OPENING = true;
/** Datagrams that wait meanwhile; further ones are dropped and counted like those for a full queue. */
const MOST_WAITING = 64;

/** Where copies go, and the counters that tell what became of them. */
export class PortableDestination {
  readonly #socket: Socket;
  readonly #remote: SocketAddress | undefined;
  readonly #values: Float64Array;
  readonly #block: number;
  #waiting: Uint8Array[] | undefined;
  readonly #onSent: (error: Error | null, bytes: number) => void;

  /**
   * @param remote absent when the socket is connected
   * @param block index of the path's counters, negative for WireGuard
   * @param isOpening `OPENING`: datagrams wait for `open()`
   */
  constructor(
    socket: Socket,
    remote: SocketAddress | undefined,
    counters: Counters,
    block: number,
    isOpening = false,
  ) {
    this.#waiting = isOpening ? [] : undefined;
    this.#socket = socket;
    this.#remote = remote;
    this.#values = counters.values;
    this.#block = block;
    this.#onSent = (error, bytes) => this.#count(error as NodeJS.ErrnoException | null, bytes);
  }

  /** The socket is ready: sends what has waited for it. */
  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const datagram of waiting) this.send(datagram, 0);
  }

  send(datagram: Uint8Array, nowMs: number): void {
    if (this.#waiting !== undefined) {
      if (this.#waiting.length < MOST_WAITING) this.#waiting.push(datagram);
      else this.#values[this.#block < 0 ? R.wireguardSendErrors : this.#block + P.queueFull]!++;
      return;
    }
    if (this.#block >= 0) this.#values[this.#block + P.lastOutMs] = nowMs;
    if (this.#socket.getSendQueueSize() > MOST_QUEUED_BYTES) {
      this.#values[this.#block < 0 ? R.wireguardSendErrors : this.#block + P.queueFull]!++;
      return;
    }
    if (this.#remote === undefined) this.#socket.send(datagram, this.#onSent);
    else this.#socket.send(datagram, this.#remote.port, this.#remote.address, this.#onSent);
  }

  #count(error: NodeJS.ErrnoException | null, bytes: number): void {
    const values = this.#values;
    const block = this.#block;
    if (error === null) {
      values[block < 0 ? R.wireguardOutPackets : block + P.outPackets]!++;
      values[block < 0 ? R.wireguardOutBytes : block + P.outBytes]! += bytes;
    } else if (block < 0) {
      values[R.wireguardSendErrors]!++;
    } else {
      values[block + columnOf(error.code)]!++;
      values[block + P.lastErrno] = Math.abs(error.errno ?? 0);
    }
  }
}

function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    socket.setSendBufferSize(SEND_BUFFER_BYTES);
  } catch {
    // A system that refuses instead of cutting down leaves the default: more loss under bursts, no harm else.
  }
}

const COLUMN_OF_CODE: Record<string, number> = {
  EAGAIN: P.queueFull,
  ENOBUFS: P.queueFull,
  ECONNREFUSED: P.refused,
  EMSGSIZE: P.tooLong,
  EPERM: P.forbidden,
  EACCES: P.forbidden,
  ENETUNREACH: P.unreachable,
  EHOSTUNREACH: P.unreachable,
  ENETDOWN: P.unreachable,
  ENODEV: P.unreachable,
  EADDRNOTAVAIL: P.unreachable,
};

function columnOf(code: string | undefined): number {
  return COLUMN_OF_CODE[code ?? ''] ?? P.otherError;
}
