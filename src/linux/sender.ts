/**
 * Sends a decided batch to one destination after the other. Never waits: what a socket does not take at
 * once is dropped for that destination alone and counted there by reason. Segmentation offload that the
 * system refuses is worked around on the spot, so that its failure costs no datagram.
 * Sources: sendmmsg(2), udp(7); Linux net/ipv4/udp.c, udp_send_skb(), for the errors of UDP_SEGMENT.
 */
import { type Batch, type Counters, type Notice, P, R } from '../net/index.ts';
import type { Chains } from './chains.ts';
import { MSG_DONTWAIT } from './constants.ts';
import type { Destination } from './destination.ts';
import {
  EACCES,
  EAGAIN,
  ECONNREFUSED,
  EINTR,
  EINVAL,
  EIO,
  EMSGSIZE,
  ENOBUFS,
  EPERM,
  errnoName,
  UNREACHABLE,
} from './errors.ts';
import { sendmmsg } from './ffi.ts';
import { Groups } from './groups.ts';

export class Sender {
  readonly #values: Float64Array;
  readonly #batch: Batch;
  readonly #groups: Groups;
  /** The same datagrams one by one, for destinations where groups don't pass. */
  readonly #singles: Groups;
  readonly #onNotice: (notice: Notice) => void;
  /** The time of what is sent next; not an argument, which would be an object each time. */
  nowMs = 0;

  constructor(batch: Batch, memoryAddress: number, counters: Counters, onNotice: (notice: Notice) => void) {
    this.#batch = batch;
    this.#values = counters.values;
    this.#groups = new Groups(batch.capacity, memoryAddress);
    this.#singles = new Groups(batch.capacity, memoryAddress);
    this.#onNotice = onNotice;
  }

  /** Lays out the datagrams of the batch that the core sent to `to`. Returns how many there are. */
  prepare(to: number): number {
    this.#groups.clear();
    this.#groups.addBatch(this.#batch, to);
    return this.#groups.datagrams;
  }

  /** The same for one session of a batch that serves many. */
  prepareChain(chains: Chains, session: number): number {
    this.#groups.clear();
    this.#groups.addChain(this.#batch, chains, session);
    return this.#groups.datagrams;
  }

  /** Sends what was prepared to `destination`. */
  send(destination: Destination): void {
    const groups = this.#groups;
    if (destination.block >= 0) this.#values[destination.block + P.lastOutMs] = this.nowMs;
    if (destination.largestSegment === 0) {
      this.#sendSingly(destination, 0, groups.datagrams);
      return;
    }
    groups.address(destination);
    let message = 0;
    while (message < groups.count) {
      let end = message;
      while (end < groups.count && this.#isAllowed(end, destination)) end++;
      if (end > message) {
        message = this.#sendMessages(groups, destination, message, end);
      } else {
        this.#sendSingly(destination, groups.first[message]!, groups.segments[message]!);
        message++;
      }
    }
  }

  #isAllowed(message: number, destination: Destination): boolean {
    const groups = this.#groups;
    return groups.segments[message] === 1 || groups.segmentBytes[message]! <= destination.largestSegment;
  }

  /** Returns how many of them the system took. */
  #sendSingly(destination: Destination, first: number, count: number): number {
    const singles = this.#singles;
    singles.clear();
    singles.addSingly(this.#batch, this.#groups.entries, first, count);
    singles.address(destination);
    const before = this.#values[destination.packetsColumn]!;
    this.#sendMessages(singles, destination, 0, singles.count);
    return this.#values[destination.packetsColumn]! - before;
  }

  /** Sends messages `from` to `end` - 1; returns where to go on, `groups.count` when the rest was given up. */
  #sendMessages(groups: Groups, destination: Destination, from: number, end: number): number {
    let message = from;
    let hasRetried = false;
    while (message < end) {
      const result = sendmmsg(destination.fd, groups.header(message), end - message, MSG_DONTWAIT);
      if (result > 0) {
        this.#countSent(groups, destination, message, message + result);
        message += result;
        hasRetried = false;
        continue;
      }
      const errno = -result;
      if (errno === EINTR) continue;
      if (errno === EAGAIN || errno === ENOBUFS) {
        this.#countUnsent(groups, destination, errno, message, groups.count);
        return groups.count;
      }
      // An error can be an earlier datagram's, reported late; then this one was not tried at all.
      if (!hasRetried) {
        hasRetried = true;
        if (errno === ECONNREFUSED) this.#count(destination, errno, 0);
        continue;
      }
      hasRetried = false;
      if (groups.segments[message]! > 1 && (errno === EMSGSIZE || errno === EINVAL || errno === EIO)) {
        this.#withoutSegmentation(groups, destination, message, errno);
      } else {
        const isOnlyThisOne = errno === EMSGSIZE || errno === EPERM || errno === EACCES;
        const last = isOnlyThisOne ? message + 1 : groups.count;
        this.#countUnsent(groups, destination, errno, message, last);
        if (!isOnlyThisOne) return groups.count;
      }
      message++;
    }
    return message;
  }

  /** Sends a refused group datagram by datagram; if they pass, segmentation it was. */
  #withoutSegmentation(groups: Groups, destination: Destination, message: number, errno: number): void {
    if (this.#sendSingly(destination, groups.first[message]!, groups.segments[message]!) === 0) return;
    const segmentBytes = groups.segmentBytes[message]!;
    const isTooLong = errno === EMSGSIZE;
    const largest = isTooLong ? segmentBytes - 1 : 0;
    if (destination.block >= 0) this.#values[destination.block + P.segmentationFallbacks]!++;
    // Several groups of a batch can fail before the first one's limit takes effect.
    if (largest >= destination.largestSegment) return;
    destination.limitSegments(largest, this.nowMs);
    this.#onNotice({
      kind: isTooLong ? 'segment-lowered' : 'segmentation-off',
      path: destination.path,
      message: isTooLong
        ? `Segments of ${segmentBytes} bytes are too long for this path, sent as single datagrams`
        : `Segmentation offload is refused here (${errnoName(errno)}), sending single datagrams`,
    });
  }

  #countSent(groups: Groups, destination: Destination, from: number, end: number): void {
    let packets = 0;
    let bytes = 0;
    for (let i = from; i < end; i++) {
      packets += groups.segments[i]!;
      bytes += groups.bytes[i]!;
    }
    this.#values[destination.packetsColumn]! += packets;
    this.#values[destination.bytesColumn]! += bytes;
  }

  #countUnsent(groups: Groups, destination: Destination, errno: number, from: number, end: number): void {
    let packets = 0;
    for (let i = from; i < end; i++) packets += groups.segments[i]!;
    this.#count(destination, errno, packets);
  }

  #count(destination: Destination, errno: number, packets: number): void {
    const { block } = destination;
    if (block < 0) {
      this.#values[R.wireguardSendErrors]! += packets;
      return;
    }
    this.#values[block + P.lastErrno] = errno;
    this.#values[block + columnOf(errno)]! += Math.max(packets, 1);
  }
}

function columnOf(errno: number): number {
  if (errno === EAGAIN || errno === ENOBUFS) return P.queueFull;
  if (errno === ECONNREFUSED) return P.refused;
  if (errno === EMSGSIZE) return P.tooLong;
  if (errno === EPERM || errno === EACCES) return P.forbidden;
  return UNREACHABLE.has(errno) ? P.unreachable : P.otherError;
}
