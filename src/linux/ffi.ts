/**
 * The kernel's calls, as plain functions on numbers. Every call returns what the kernel returned, or
 * `-errno`, so that nothing is thrown or allocated on the packet path. Callers pass addresses of memory
 * they own (see memory.ts) and keep it referenced for as long as the call runs.
 * Source: the section-2 manual page of each call.
 */
import koffi, { type KoffiFunc } from 'koffi';

const libc = koffi.load(null);

/**
 * An address. Where calls repeat per packet it is a BigInt, made once: a Number of that size would be an object made
 * anew for each call, and so garbage to collect, for the 10 ns that it is faster.
 */
export type Pointer = number | bigint;

const declare = (signature: string): KoffiFunc<(...args: Pointer[]) => number> => libc.func(signature);

const errnoLocation = libc.func('void *__errno_location()');
/** This thread's errno; reading it through memory costs 4 ns where a call costs 29. */
const errnoCell = new Int32Array(koffi.view(errnoLocation(), 4));

const raw = {
  socket: declare('int socket(int, int, int)'),
  bind: declare('int bind(int, uintptr_t, unsigned int)'),
  connect: declare('int connect(int, uintptr_t, unsigned int)'),
  getsockname: declare('int getsockname(int, uintptr_t, uintptr_t)'),
  setsockopt: declare('int setsockopt(int, int, int, uintptr_t, unsigned int)'),
  getsockopt: declare('int getsockopt(int, int, int, uintptr_t, uintptr_t)'),
  close: declare('int close(int)'),
  recv: declare('intptr_t recv(int, uintptr_t, uintptr_t, int)'),
  send: declare('intptr_t send(int, uintptr_t, uintptr_t, int)'),
  recvmmsg: declare('int recvmmsg(int, uintptr_t, unsigned int, int, uintptr_t)'),
  sendmmsg: declare('int sendmmsg(int, uintptr_t, unsigned int, int)'),
  epollCreate1: declare('int epoll_create1(int)'),
  epollCtl: declare('int epoll_ctl(int, int, int, uintptr_t)'),
  epollWait: declare('int epoll_wait(int, uintptr_t, int, int)'),
  madvise: declare('int madvise(uintptr_t, uintptr_t, int)'),
  clockGettime: declare('int clock_gettime(int, uintptr_t)'),
  eventfd: declare('int eventfd(unsigned int, int)'),
  poll: declare('int poll(uintptr_t, unsigned long, int)'),
};

/** A call's result, or `-errno` when the kernel said -1. */
function check(result: number): number {
  return result < 0 ? -errnoCell[0]! : result;
}

export const socket = (domain: number, type: number, protocol: number) =>
  check(raw.socket(domain, type, protocol));
export const bind = (fd: number, address: number, length: number) => check(raw.bind(fd, address, length));
export const connect = (fd: number, address: number, length: number) =>
  check(raw.connect(fd, address, length));
export const getsockname = (fd: number, address: number, lengthAddress: number) =>
  check(raw.getsockname(fd, address, lengthAddress));
export const setsockopt = (fd: number, level: number, name: number, value: number, length: number) =>
  check(raw.setsockopt(fd, level, name, value, length));
export const getsockopt = (fd: number, level: number, name: number, value: number, lengthAddress: number) =>
  check(raw.getsockopt(fd, level, name, value, lengthAddress));
export const close = (fd: number) => check(raw.close(fd));
export const recv = (fd: number, address: number, length: number, flags: number) =>
  check(raw.recv(fd, address, length, flags));
export const send = (fd: number, address: number, length: number, flags: number) =>
  check(raw.send(fd, address, length, flags));
export const recvmmsg = (fd: number, headers: Pointer, count: number, flags: number) =>
  check(raw.recvmmsg(fd, headers, count, flags, 0));
export const sendmmsg = (fd: number, headers: Pointer, count: number, flags: number) =>
  check(raw.sendmmsg(fd, headers, count, flags));
export const epollCreate = () => check(raw.epollCreate1(EPOLL_CLOEXEC));
export const epollCtl = (epoll: number, operation: number, fd: number, event: number) =>
  check(raw.epollCtl(epoll, operation, fd, event));
export const epollWait = (epoll: number, events: Pointer, capacity: number, timeoutMs: number) =>
  check(raw.epollWait(epoll, events, capacity, timeoutMs));
export const madvise = (address: number, length: number, advice: number) =>
  check(raw.madvise(address, length, advice));
export const clockGettime = (clock: number, timespec: Pointer) => check(raw.clockGettime(clock, timespec));
/** A non-blocking, close-on-exec eventfd(2) with the count at 0. */
export const eventfd = () => check(raw.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
export const poll = (fds: number, count: number, timeoutMs: number) => check(raw.poll(fds, count, timeoutMs));
/** The same on one of the process's pool threads, which it keeps for that long; `done` hears the result. */
export const pollAside = (fds: number, count: number, timeoutMs: number, done: (result: number) => void) =>
  raw.poll.async(fds, count, timeoutMs, (_, result) => done(check(result))); // errno is the call's own in there

const EPOLL_CLOEXEC = 0x80000;
const EFD_NONBLOCK = 0x800;
const EFD_CLOEXEC = 0x80000;
