/**
 * Opens sockets inside a network namespace without leaving the test's own process: setns(2) moves the calling
 * thread there and back, and a socket stays where it was made. Making namespaces is test/lab/namespace.ts's.
 */
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import type { Namespace } from '../lab/namespace.ts';

const CLONE_NEWNET = 0x4000_0000;
const setns = koffi.load(null).func('int setns(int, int)') as (fd: number, type: number) => number;

/** Runs `action`, which must not wait, with this thread inside the namespace. */
export function inside<T>(namespace: Namespace, action: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  const there = openSync(`/run/netns/${namespace.name}`, 'r');
  try {
    enter(there);
    return action();
  } finally {
    enter(home);
    closeSync(there);
    closeSync(home);
  }
}

function enter(fd: number): void {
  if (setns(fd, CLONE_NEWNET) !== 0) throw new Error('Cannot enter a network namespace');
}
