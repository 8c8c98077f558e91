/**
 * Asks the kernel for all devices or all addresses of this network namespace, and waits for the answer:
 * some 0.2 ms. Each dump has a socket of its own, so nothing can be left over from another.
 * Source: netlink(7), rtnetlink(7); net/netlink/af_netlink.c (netlink_dump).
 */
import { MSG_DONTWAIT, SOCK_CLOEXEC } from './constants.ts';
import { EINTR, SystemCallError } from './errors.ts';
import { bind, close, recv, send, socket } from './ffi.ts';
import { Region } from './memory.ts';
import { ADDRESS_HEADER_BYTES, type LinkAddress, parseAddress } from './netlink-address.ts';
import { LINK_HEADER_BYTES, type Link, parseLink } from './netlink-link.ts';
import { MESSAGE_HEADER_BYTES, readInt32, splitMessages } from './netlink-message.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NETLINK_ROUTE = 0;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP = 0x300;
/** Something changed while the kernel was listing: entries may be missing or double. */
const NLM_F_DUMP_INTR = 0x10;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const SEQUENCE = 1;

/** The kernel fills at most 32 KiB per datagram (netlink_dump), so none is cut. */
const DATAGRAM_BYTES = 65_536;
/** With more interruptions than this in a row the last list is taken: the event behind them brings another. */
const MAX_ATTEMPTS = 5;

export interface Dump<T> {
  readonly items: T[];
  /** The list may be inconsistent: ask again. */
  readonly isInterrupted: boolean;
}

/** All devices, in the kernel's order. Throws SystemCallError. */
export function dumpLinks(): Link[] {
  return dump('Cannot list network devices', RTM_GETLINK, LINK_HEADER_BYTES, RTM_NEWLINK, parseLink);
}

/** All IPv4 and IPv6 addresses of all devices. Throws SystemCallError. */
export function dumpAddresses(): LinkAddress[] {
  return dump('Cannot list addresses', RTM_GETADDR, ADDRESS_HEADER_BYTES, RTM_NEWADDR, parseAddress);
}

/**
 * A routing netlink socket that hears the groups in the mask (0: none); the caller closes it.
 * Throws SystemCallError.
 */
export function openRouteSocket(attempt: string, groups: number): number {
  const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw new SystemCallError(attempt, 'socket', -fd);
  // struct sockaddr_nl { u16 nl_family; u16 pad; u32 nl_pid; u32 nl_groups; }; pid 0: the kernel picks one.
  const address = new Region(12);
  address.view.setUint16(0, AF_NETLINK, true);
  address.view.setUint32(8, groups, true);
  const bound = bind(fd, address.address, 12);
  if (bound < 0) {
    close(fd);
    throw new SystemCallError(attempt, 'bind', -bound);
  }
  return fd;
}

function dump<T>(
  attempt: string,
  request: number,
  headerBytes: number,
  wanted: number,
  parse: (payload: Uint8Array) => T | undefined,
): T[] {
  for (let tries = 1; ; tries++) {
    const fd = openRouteSocket(attempt, 0);
    try {
      ask(fd, attempt, request, headerBytes);
      const { items, isInterrupted } = readDump(attempt, receiver(fd), wanted, parse);
      if (!isInterrupted || tries >= MAX_ATTEMPTS) return items;
    } finally {
      close(fd);
    }
  }
}

/** An all-zero ifinfomsg or ifaddrmsg asks for every family and device. */
function ask(fd: number, attempt: string, request: number, headerBytes: number): void {
  const message = new Region(MESSAGE_HEADER_BYTES + headerBytes);
  message.view.setUint32(0, MESSAGE_HEADER_BYTES + headerBytes, true);
  message.view.setUint16(4, request, true);
  message.view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  message.view.setUint32(8, SEQUENCE, true);
  const sent = send(fd, message.address, MESSAGE_HEADER_BYTES + headerBytes, 0);
  if (sent < 0) throw new SystemCallError(attempt, 'send', -sent);
}

/** One datagram; -errno when there is none. What it gives is overwritten by the next call. */
function receiver(fd: number): () => Uint8Array | number {
  const buffer = new Region(DATAGRAM_BYTES);
  return () => {
    // The kernel has a part ready before send() or the previous recv() returns, so EAGAIN is a fault as well.
    const length = recv(fd, buffer.address, DATAGRAM_BYTES, MSG_DONTWAIT);
    return length < 0 ? length : buffer.bytes.subarray(0, length);
  };
}

/**
 * Reads the parts of a dump up to its end.
 * @param receive gives a datagram, or -errno
 * @throws SystemCallError when receiving fails or the kernel answers with an error
 */
export function readDump<T>(
  attempt: string,
  receive: () => Uint8Array | number,
  wanted: number,
  parse: (payload: Uint8Array) => T | undefined,
): Dump<T> {
  const items: T[] = [];
  let isInterrupted = false;
  for (;;) {
    const datagram = receive();
    if (datagram === -EINTR) continue;
    if (typeof datagram === 'number') throw new SystemCallError(attempt, 'recv', -datagram);
    for (const message of splitMessages(datagram)) {
      if (message.sequence !== SEQUENCE) continue;
      if ((message.flags & NLM_F_DUMP_INTR) !== 0) isInterrupted = true;
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        // Both begin with 0 or a negative errno.
        const result = readInt32(message.payload) ?? 0;
        if (result === -EINTR) return { items, isInterrupted: true };
        if (result < 0) throw new SystemCallError(attempt, 'netlink dump', -result);
        return { items, isInterrupted };
      }
      const item = message.type === wanted ? parse(message.payload) : undefined;
      if (item !== undefined) items.push(item);
    }
  }
}
