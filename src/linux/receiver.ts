/**
 * Receives batches: up to 64 messages in one recvmmsg(2), each of one datagram or, with receive offload,
 * a run of equal ones, laid out as one entry per datagram. Owns the memory; the next receive overwrites it.
 * Sources: recvmmsg(2), cmsg(3), udp(7) for UDP_GRO, ip(7) for IP_PKTINFO.
 */
import { ADDRESS_WORDS, Batch, KEEP_BYTES, UNKNOWN_PATH } from '../net/index.ts';
import {
  CMSG,
  IOVEC,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  MMSGHDR,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SOCKADDR_SPACE,
  SOL_UDP,
  UDP_GRO,
} from './constants.ts';
import { recvmmsg } from './ffi.ts';
import { Region } from './memory.ts';
import { readSockaddr } from './socket-address.ts';

export const MESSAGES = 64;
/** The kernel joins at most 64 datagrams (UDP_GRO_CNT_MAX); a forwarded run can hold 128 segments. */
const SEGMENTS = 128;
const LONGEST_MESSAGE = 65_536;
/**
 * Distance of two slots: the longest message, and 33 cache lines more, so that the heads of all slots do
 * not compete for the same sets of the cache.
 */
const SLOT = LONGEST_MESSAGE + 33 * 64;
/** IPV6_PKTINFO takes 40 bytes, IP_PKTINFO 32, UDP_GRO 24. */
const CONTROL_SPACE = 128;
/** As answer-address.ts has them. */
const IN_PKTINFO_BYTES = 12;
const IN6_PKTINFO_BYTES = 20;
const HEADER_WORDS = MMSGHDR.size / 4;
/**
 * What a receive should take at most: it is read again for every path it is sent to, and should be in the processor's
 * second cache still (512 KiB to 1 MiB on most). In 64 runs there are 4 MiB.
 */
const CACHED_BYTES = 512 * 1024;

/** What IP_PKTINFO or IPV6_PKTINFO said of one message: control bytes to send an answer with. */
export interface LocalAddresses {
  /** Per message: where its packet-information data starts in `region`, 0 when there is none. */
  readonly at: Int32Array;
  readonly level: Int32Array;
  /** Per message: the interface it came in on, 0 when unknown. */
  readonly interfaceIndex: Int32Array;
  readonly region: Region;
  /** Where in `region` the data of a message from another packet loop goes. */
  dataAt(message: number): number;
}

export class Receiver {
  readonly memory = new Region(MESSAGES * SLOT + KEEP_BYTES);
  readonly batch = new Batch(this.memory.bytes, MESSAGES * SEGMENTS, MESSAGES, MESSAGES * SLOT);
  /** Senders' sockaddrs, `SOCKADDR_SPACE` bytes each. */
  readonly names = new Region(MESSAGES * SOCKADDR_SPACE);
  readonly local: LocalAddresses;
  readonly #headers = new Region(MESSAGES * MMSGHDR.size);
  readonly #iovecs = new Region(MESSAGES * IOVEC.size);
  readonly #control = new Region(MESSAGES * CONTROL_SPACE);
  readonly #recvmmsg: typeof recvmmsg;
  /** Messages that the next receive may take. */
  #most = MESSAGES;

  /** @param call for tests: what stands in for the kernel */
  constructor(call = recvmmsg) {
    this.#recvmmsg = call;
    this.local = {
      at: new Int32Array(MESSAGES),
      level: new Int32Array(MESSAGES),
      interfaceIndex: new Int32Array(MESSAGES),
      region: this.#control,
      dataAt: (message) => message * CONTROL_SPACE + CMSG.data,
    };
    for (let i = 0; i < MESSAGES; i++) {
      const header = i * MMSGHDR.size;
      this.#iovecs.setPointer(i * IOVEC.size + IOVEC.base, this.memory.address + i * SLOT);
      this.#iovecs.setPointer(i * IOVEC.size + IOVEC.length, LONGEST_MESSAGE);
      this.#headers.setPointer(header + MMSGHDR.name, this.names.address + i * SOCKADDR_SPACE);
      this.#headers.setPointer(header + MMSGHDR.iovecs, this.#iovecs.address + i * IOVEC.size);
      this.#headers.setPointer(header + MMSGHDR.iovecCount, 1);
      this.#headers.setPointer(header + MMSGHDR.control, this.#control.address + i * CONTROL_SPACE);
      this.#reset(i);
    }
  }

  /**
   * Takes what waits on `fd` into `batch`. Returns the number of messages (0 or -errno: none).
   * @param path the path the socket belongs to, or `UNKNOWN_PATH` on a socket that anybody can send to
   */
  receive(fd: number, path: number): number {
    const { batch } = this;
    batch.count = 0;
    batch.isHanded = false;
    const received = this.#recvmmsg(fd, this.#headers.pointer, this.#most, MSG_DONTWAIT);
    const words = this.#headers.words;
    let bytes = 0;
    for (let i = 0; i < received; i++) {
      const header = i * HEADER_WORDS;
      batch.path[i] = path;
      if (path === UNKNOWN_PATH) this.readName(i);
      const length = words[header + MMSGHDR.length / 4]!;
      bytes += length;
      this.local.at[i] = 0;
      const controlLength = words[header + MMSGHDR.controlLength / 4]!;
      const segment = controlLength > 0 ? this.#readControl(i, controlLength) : 0;
      if ((words[header + MMSGHDR.flags / 4]! & MSG_TRUNC) === 0) this.#split(i, length, segment);
      this.#reset(i);
    }
    if (received > 0) this.#adapt(received, bytes);
    return received;
  }

  /** What comes next will be much like what came. */
  #adapt(messages: number, bytes: number): void {
    const mostCached = Math.ceil((CACHED_BYTES * messages) / Math.max(1, bytes));
    this.#most = Math.min(MESSAGES, mostCached);
  }

  /** The batch will hold what another packet loop received, a message for each datagram. */
  beginHanded(): void {
    this.batch.count = 0;
    this.batch.isHanded = true;
  }

  /** Returns where in the batch's memory the datagram goes; its name and local address are the caller's to fill in. */
  addHanded(message: number, lengthBytes: number, told: number): number {
    const { batch } = this;
    const offset = message * SLOT;
    const entry = batch.count++;
    batch.offset[entry] = offset;
    batch.length[entry] = lengthBytes;
    batch.message[entry] = message;
    batch.told[entry] = told;
    batch.path[message] = UNKNOWN_PATH;
    return offset;
  }

  /** The sender's sockaddr of a message becomes the batch's `source`. */
  readName(message: number): void {
    readSockaddr(this.names, message * SOCKADDR_SPACE, this.batch.source, message * ADDRESS_WORDS);
  }

  /** One entry per datagram of the message; the last may be shorter than the others. */
  #split(message: number, length: number, segment: number): void {
    const { batch } = this;
    const start = message * SLOT;
    const step = segment > 0 ? segment : length;
    let at = 0;
    do {
      if (batch.count === batch.capacity) return;
      const entry = batch.count++;
      batch.offset[entry] = start + at;
      batch.length[entry] = Math.min(step, length - at);
      batch.message[entry] = message;
      at += step;
    } while (at < length);
  }

  /** Returns the segment size of a run, 0 for a lone datagram; notes the local address. */
  #readControl(message: number, controlLength: number): number {
    const { view } = this.#control;
    const end = message * CONTROL_SPACE + Math.min(controlLength, CONTROL_SPACE);
    let segment = 0;
    for (let at = message * CONTROL_SPACE; at + CMSG.data <= end; ) {
      const length = view.getUint32(at + CMSG.length, true);
      if (length < CMSG.data || length > end - at) break; // cut short by MSG_CTRUNC
      const level = view.getInt32(at + CMSG.level, true);
      const type = view.getInt32(at + CMSG.type, true);
      const data = at + CMSG.data;
      const size = length - CMSG.data;
      if (level === SOL_UDP && type === UDP_GRO && size >= 4) {
        segment = view.getInt32(data, true);
      } else if (level === IPPROTO_IP && type === IP_PKTINFO && size >= IN_PKTINFO_BYTES) {
        this.#noteLocal(message, data, level, view.getInt32(data, true));
      } else if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO && size >= IN6_PKTINFO_BYTES) {
        this.#noteLocal(message, data, level, view.getInt32(data + 16, true));
      }
      at += (length + 7) & ~7;
    }
    return segment;
  }

  #noteLocal(message: number, data: number, level: number, interfaceIndex: number): void {
    this.local.at[message] = data;
    this.local.level[message] = level;
    this.local.interfaceIndex[message] = interfaceIndex;
  }

  /** The kernel overwrites these with what it used; they must say again what there is room for. */
  #reset(message: number): void {
    const header = message * HEADER_WORDS;
    this.#headers.words[header + MMSGHDR.nameLength / 4] = SOCKADDR_SPACE;
    this.#headers.words[header + MMSGHDR.controlLength / 4] = CONTROL_SPACE;
  }
}
