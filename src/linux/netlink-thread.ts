/**
 * A thread that sleeps until the kernel announces a change of devices or addresses, and passes on that
 * something changed, not what: the announcements can be lost when there are many, a fresh list cannot.
 * Started and stopped by netlink-watch.ts, which owns both descriptors.
 * Source: poll(2), netlink(7).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { MSG_DONTWAIT } from './constants.ts';
import { EAGAIN, EINTR, ENOBUFS, SystemCallError } from './errors.ts';
import { poll, recv } from './ffi.ts';
import { Region } from './memory.ts';

/** What netlink-watch.ts lends to the thread; both words are one Int32 of shared memory. */
export interface NetlinkThreadData {
  readonly netlinkFd: number;
  /** An eventfd; readable means: look at `isStopped`. */
  readonly wakeFd: number;
  readonly isStopped: Int32Array;
  /** 1 while a message is on its way to the main thread: there is never more than one. */
  readonly isAnnounced: Int32Array;
}

const POLLIN = 1;
/** A process that ends waits for this call, should the wake-up ever be missed. */
const MAX_WAIT_MS = 1000;
/** A flood is passed on after this many announcements even though more are waiting. */
const MAX_BURST = 256;

watch(workerData as NetlinkThreadData);

function watch({ netlinkFd, wakeFd, isStopped, isAnnounced }: NetlinkThreadData): void {
  // struct pollfd { int fd; short events; short revents; };
  const polled = new Region(16);
  polled.view.setInt32(0, netlinkFd, true);
  polled.view.setInt16(4, POLLIN, true);
  polled.view.setInt32(8, wakeFd, true);
  polled.view.setInt16(12, POLLIN, true);
  const sink = new Region(4096);
  while (Atomics.load(isStopped, 0) === 0) {
    const ready = poll(polled.address, 2, MAX_WAIT_MS);
    if (ready < 0 && ready !== -EINTR) throw new SystemCallError('Cannot wait for netlink', 'poll', -ready);
    if (ready > 0 && polled.view.getInt16(6, true) !== 0) {
      drain(netlinkFd, sink);
      if (Atomics.exchange(isAnnounced, 0, 1) === 0) parentPort?.postMessage(null);
    }
  }
}

/** Empties the socket; announcements are cut to the buffer, for nobody reads them. */
function drain(fd: number, sink: Region): void {
  for (let count = 0; count < MAX_BURST; count++) {
    const result = recv(fd, sink.address, sink.bytes.length, MSG_DONTWAIT);
    if (result === -EAGAIN) return;
    // ENOBUFS: announcements were lost; that they were sent is all that matters.
    if (result >= 0 || result === -ENOBUFS || result === -EINTR) continue;
    throw new SystemCallError('Cannot read netlink', 'recv', -result);
  }
}
