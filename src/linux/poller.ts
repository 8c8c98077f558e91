/**
 * Waits for readable sockets, all in one call, and can be woken from another thread through an eventfd.
 * Sources: epoll(7), epoll_ctl(2), eventfd(2).
 */
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN } from './constants.ts';
import { SystemCallError } from './errors.ts';
import { close, epollCreate, epollCtl, epollWait } from './ffi.ts';
import { Region } from './memory.ts';

const CAPACITY = 64;
// struct epoll_event { u32 events; u64 data; } is packed on x86-64 only.
const EVENT = process.arch === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 };

export class Poller {
  readonly #epoll: number;
  readonly #events = new Region(CAPACITY * EVENT.size);
  readonly #change = new Region(EVENT.size);

  constructor() {
    this.#epoll = epollCreate();
    if (this.#epoll < 0) throw new SystemCallError('Cannot wait for sockets', 'epoll_create1', -this.#epoll);
  }

  /** Watches `fd` for datagrams to read. */
  add(fd: number): void {
    this.#change.view.setUint32(0, EPOLLIN, true);
    this.#change.view.setUint32(EVENT.data, fd, true);
    const result = epollCtl(this.#epoll, EPOLL_CTL_ADD, fd, this.#change.address);
    if (result < 0) throw new SystemCallError('Cannot wait for a socket', 'epoll_ctl', -result);
  }

  remove(fd: number): void {
    epollCtl(this.#epoll, EPOLL_CTL_DEL, fd, this.#change.address);
  }

  /** Waits up to `timeoutMs`; returns how many sockets are readable, or -errno. */
  wait(timeoutMs: number): number {
    return epollWait(this.#epoll, this.#events.pointer, CAPACITY, timeoutMs);
  }

  /** The descriptor behind readable socket `index` of the last wait. */
  readable(index: number): number {
    return this.#events.words[(index * EVENT.size + EVENT.data) >>> 2]!;
  }

  close(): void {
    close(this.#epoll);
  }
}
