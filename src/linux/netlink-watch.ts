/**
 * Calls back when the kernel announces a change of devices, IPv4 or IPv6 addresses: that something changed, not
 * what, for announcements can be lost when there are many, and a fresh list cannot.
 * Node's event loop cannot poll a netlink socket, so one of the process's pool threads waits; a worker of its own
 * would be 8 MiB for nothing but that. A pool thread inside a call holds up the end of the process, so it is woken
 * through an eventfd when this watch closes and when the process exits.
 * Source: poll(2), netlink(7), rtnetlink(7), eventfd(2).
 */
import { writeSync } from 'node:fs';
import { MSG_DONTWAIT } from './constants.ts';
import { EAGAIN, EINTR, ENOBUFS, SystemCallError } from './errors.ts';
import { close, eventfd, pollAside, recv } from './ffi.ts';
import { Region } from './memory.ts';
import { openRouteSocket } from './netlink-dump.ts';

const ATTEMPT = 'Cannot watch network devices';
const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV6_IFADDR = 0x100;
const POLLIN = 1;
/** A process that ends waits for this call, should the wake-up ever be missed. */
const MAX_WAIT_MS = 1000;
/** A flood is passed on after this many announcements even though more are waiting. */
const MAX_BURST = 256;
/** What an eventfd is written: eight bytes, a one. */
const ONE = new BigUint64Array([1n]);

export interface NetlinkWatch {
  /** No callback comes after this. The descriptors close within a millisecond or so. */
  close(): void;
}

/**
 * Calls `onEvent` once per burst of announcements; those made from here on are all heard. Keeps the process
 * alive until closed. `onEnd` is called once if watching ends without being asked, with the reason.
 * Throws SystemCallError when the kernel grants no netlink socket.
 */
export function watchNetlink(onEvent: () => void, onEnd: (message: string) => void): NetlinkWatch {
  const netlinkFd = openRouteSocket(ATTEMPT, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  const wakeFd = eventfd();
  if (wakeFd < 0) {
    close(netlinkFd);
    throw new SystemCallError(ATTEMPT, 'eventfd', -wakeFd);
  }
  const polled = pollFds(netlinkFd, wakeFd);
  const sink = new Region(4096);
  let isClosed = false;
  let isEnded = false;
  const wake = () => writeSync(wakeFd, ONE);
  process.on('exit', wake);
  wait();
  return {
    close: () => {
      isClosed = true;
      // Once it has ended the descriptor may be somebody else's.
      if (!isEnded) wake();
    },
  };

  function wait(): void {
    pollAside(polled.address, 2, MAX_WAIT_MS, hear);
  }

  function hear(ready: number): void {
    const fault = isClosed ? undefined : look(ready);
    if (isClosed || fault !== undefined) end(fault);
    else wait();
  }

  function look(ready: number): SystemCallError | undefined {
    if (ready < 0 && ready !== -EINTR) return new SystemCallError(ATTEMPT, 'poll', -ready);
    if (ready <= 0 || polled.view.getInt16(6, true) === 0) return undefined;
    const errno = drain(netlinkFd, sink);
    if (errno !== 0) return new SystemCallError(ATTEMPT, 'recv', errno);
    onEvent();
    return undefined;
  }

  function end(fault: SystemCallError | undefined): void {
    isEnded = true;
    process.off('exit', wake);
    close(netlinkFd);
    close(wakeFd);
    if (fault !== undefined) onEnd(fault.message);
  }
}

/** struct pollfd { int fd; short events; short revents; }; one after the other, each waiting to be readable. */
function pollFds(...fds: readonly number[]): Region {
  const region = new Region(fds.length * 8);
  for (const [i, fd] of fds.entries()) {
    region.view.setInt32(i * 8, fd, true);
    region.view.setInt16(i * 8 + 4, POLLIN, true);
  }
  return region;
}

/** Empties the socket; announcements are cut to the buffer, for nobody reads them. Returns an errno, or 0. */
function drain(fd: number, sink: Region): number {
  for (let count = 0; count < MAX_BURST; count++) {
    const result = recv(fd, sink.address, sink.bytes.length, MSG_DONTWAIT);
    if (result === -EAGAIN) return 0;
    // ENOBUFS: announcements were lost; that they were sent is all that matters.
    if (result < 0 && result !== -ENOBUFS && result !== -EINTR) return -result;
  }
  return 0;
}
