/**
 * Larger receive buffers for another process's sockets, from outside: wireguard-go leaves them at the system's
 * default, some 90 full packets, which a busy machine overflows. The kernel's WireGuard has no such queue, so what is
 * lost there is nothing that rengarde could be blamed for, and should not be lost at all.
 * Sources: pidfd_open(2), pidfd_getfd(2) (Linux 5.6; needs the right to trace), socket(7).
 */
import { readdirSync, readlinkSync } from 'node:fs';
import koffi from 'koffi';

const libc = koffi.load(null);
const syscall = libc.func('long syscall(long, long, long, long)');
const setsockopt = libc.func('int setsockopt(int, int, int, int *, unsigned int)');
const close = libc.func('int close(int)');

const SYS_pidfd_open = 434;
const SYS_pidfd_getfd = 438;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;

/** Sets it for every socket that the process has open now. @returns how many took it */
export function enlargeReceiveBuffers(pid: number, bytes: number): number {
  const process = syscall(SYS_pidfd_open, pid, 0, 0);
  if (process < 0) return 0;
  let count = 0;
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    if (!isSocket(pid, name)) continue;
    const socket = syscall(SYS_pidfd_getfd, process, Number(name), 0);
    if (socket < 0) continue;
    if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, [bytes], 4) === 0) count += 1;
    close(socket);
  }
  close(process);
  return count;
}

function isSocket(pid: number, name: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith('socket:');
  } catch {
    return false; // closed since the listing
  }
}
