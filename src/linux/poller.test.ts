import { afterEach, describe, expect, test } from 'vitest';
import { RawUdp } from '../../test/sockets/raw-udp.ts';
import { SystemCallError } from './errors.ts';
import { Poller } from './poller.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const it of open.splice(0)) it.close();
});

describe('Poller', () => {
  test('finds the sockets that have something to read, and no others', () => {
    const poller = keep(new Poller());
    const sockets = Array.from({ length: 5 }, () => keep(new RawUdp()));
    for (const { socket } of sockets) poller.add(socket.fd);
    expect(poller.wait(0)).toBe(0);
    for (const i of [1, 3]) tell(sockets[i]!);
    expect(readable(poller)).toEqual([1, 3].map((i) => sockets[i]!.socket.fd));
    sockets[1]!.receive();
    expect(readable(poller)).toEqual([sockets[3]!.socket.fd]);
  });

  test('forgets a socket that was removed', () => {
    const poller = keep(new Poller());
    const socket = keep(new RawUdp());
    poller.add(socket.socket.fd);
    poller.remove(socket.socket.fd);
    tell(socket);
    expect(poller.wait(0)).toBe(0);
  });

  test('waits no longer than it was told', () => {
    const poller = keep(new Poller());
    const startMs = performance.now();
    expect(poller.wait(30)).toBe(0);
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThanOrEqual(29);
    expect(tookMs).toBeLessThan(500);
  });

  test('serves more readable sockets than one wait takes', () => {
    const poller = keep(new Poller());
    const sockets = Array.from({ length: 100 }, () => keep(new RawUdp()));
    for (const socket of sockets) {
      poller.add(socket.socket.fd);
      tell(socket);
    }
    const seen = new Set<number>();
    for (let wait = 0; wait < 10; wait++) for (const fd of readable(poller)) seen.add(fd);
    expect(seen.size).toBe(100);
  });

  test('says what failed for a descriptor that is none', () => {
    const poller = keep(new Poller());
    expect(() => poller.add(-1)).toThrow(SystemCallError);
    expect(() => poller.add(-1)).toThrow('Cannot wait for a socket: epoll_ctl answered EBADF');
  });
});

function keep<T extends { close(): void }>(it: T): T {
  open.push(it);
  return it;
}

function tell(socket: RawUdp): void {
  const from = keep(new RawUdp()).connect(socket.address);
  from.send(Buffer.alloc(1));
  expect(socket.waitReadable()).toBe(true);
}

function readable(poller: Poller): number[] {
  const ready = poller.wait(0);
  return Array.from({ length: ready }, (_, i) => poller.readable(i)).sort((a, b) => a - b);
}
