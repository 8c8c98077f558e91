/**
 * Calls back when the kernel announces a change of devices, IPv4 or IPv6 addresses. The wait is a thread's
 * (netlink-thread.ts), for Node's event loop cannot poll a netlink socket.
 * A thread inside a system call cannot be terminated and would hold up the end of the process, so it is
 * woken through an eventfd when this watch closes and when the process exits.
 * Source: rtnetlink(7), eventfd(2).
 */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { SystemCallError } from './errors.ts';
import { close, eventfd } from './ffi.ts';
import { openRouteSocket } from './netlink-dump.ts';
import type { NetlinkThreadData } from './netlink-thread.ts';

const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;
const RTMGRP_IPV6_IFADDR = 0x100;
/** What an eventfd is written: eight bytes, a one. */
const ONE = new BigUint64Array([1n]);
/** The thread keeps nothing: the FFI's own start-up is the most it ever needs. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16, stackSizeMb: 1 };

export interface NetlinkWatch {
  /** No callback comes after this. The thread ends within a millisecond or so. */
  close(): void;
}

/**
 * Calls `onEvent` once per burst of announcements; those made from here on are all heard. Keeps the process
 * alive until closed. `onEnd` is called once if the thread ends without being asked, with the reason.
 * Throws SystemCallError when the kernel grants no netlink socket.
 */
export function watchNetlink(onEvent: () => void, onEnd: (message: string) => void): NetlinkWatch {
  const attempt = 'Cannot watch network devices';
  const netlinkFd = openRouteSocket(attempt, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  const wakeFd = eventfd();
  if (wakeFd < 0) {
    close(netlinkFd);
    throw new SystemCallError(attempt, 'eventfd', -wakeFd);
  }

  const isStopped = new Int32Array(new SharedArrayBuffer(4));
  const isAnnounced = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL('./netlink-thread.js', import.meta.url), {
    workerData: { netlinkFd, wakeFd, isStopped, isAnnounced } satisfies NetlinkThreadData,
    resourceLimits: THREAD_LIMITS,
    execArgv: [], // Flags such as --eval or --inspect-brk are the program's, and would stop a thread.
    name: 'netlink',
  });
  let isClosed = false;
  let isRunning = true;
  let reason = 'the thread ended';
  const stop = () => {
    Atomics.store(isStopped, 0, 1);
    writeSync(wakeFd, ONE);
  };
  thread.on('message', () => {
    Atomics.store(isAnnounced, 0, 0);
    if (!isClosed) onEvent();
  });
  thread.on('error', (error) => {
    reason = error instanceof Error ? error.message : String(error);
  });
  thread.on('exit', () => {
    isRunning = false;
    process.off('exit', stop);
    close(netlinkFd);
    close(wakeFd);
    if (!isClosed) onEnd(`${attempt}: ${reason}`);
  });
  process.on('exit', stop);
  return {
    close: () => {
      isClosed = true;
      // Once the thread has ended the descriptor may be somebody else's.
      if (isRunning) stop();
    },
  };
}
