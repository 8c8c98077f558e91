import { afterEach, describe, expect, test } from 'vitest';
import { RawUdp } from '../../test/sockets/raw-udp.ts';
import { Egress, MOST_SOCKETS } from './egress.ts';
import { SystemCallError } from './errors.ts';
import { recv } from './ffi.ts';
import { Region } from './memory.ts';

/** Something is answered through every interface. */
const all = () => new Set(Array.from({ length: 400 }, (_, index) => index));
const memory = new Region(2_048);
const open: { close(): void }[] = [];
afterEach(() => {
  for (const it of open.splice(0)) it.close();
});

describe('Egress', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::'])('refuses a port on %s that another program has', (address) => {
    const first = keep(Egress.open({ address, port: 0 }));
    const { port } = first.listening.localAddress();
    const second = () => Egress.open({ address, port });
    expect(second).toThrow(SystemCallError);
    expect(second).toThrow(`:${port}: bind answered EADDRINUSE`);
  });

  test('refuses a port that a program shares with nobody', () => {
    const { address } = keep(new RawUdp());
    expect(() => Egress.open(address)).toThrow('EADDRINUSE');
  });

  test('answers by the listening socket on the first interface, by another on each further one', () => {
    const egress = keep(Egress.open({ address: '127.0.0.1', port: 0 }));
    const fds = [7, 8, 9, 8, 7].map((index) => egress.descriptorFor(index, all));
    expect(fds[0]).toBe(egress.listening.fd);
    expect(new Set(fds).size).toBe(3);
    expect(fds.slice(3)).toEqual([fds[1], fds[0]]);
  });

  test('lets interfaces share the listening socket when there are too many of them', () => {
    const egress = keep(Egress.open({ address: '127.0.0.1', port: 0 }));
    const fds = Array.from({ length: 80 }, (_, index) => egress.descriptorFor(index + 1, all));
    expect(new Set(fds).size).toBe(MOST_SOCKETS);
    expect(fds.at(-1)).toBe(egress.listening.fd);
  });

  test('gives the sockets of interfaces that nothing is answered through to those that come', () => {
    const egress = keep(Egress.open({ address: '127.0.0.1', port: 0 }));
    const slow = egress.descriptorFor(1, all);
    const fds = Array.from({ length: 300 }, (_, index) =>
      egress.descriptorFor(index + 2, () => new Set([1, index + 1])),
    );
    expect(fds).not.toContain(slow);
    expect(fds.slice(1).every((fd, index) => fd !== fds[index])).toBe(true);
    expect(new Set(fds).size).toBe(MOST_SOCKETS - 1);
  });

  test.each([
    { listen: '127.0.0.1', to: '127.0.0.1' },
    { listen: '::', to: '127.0.0.1' },
    { listen: '::', to: '::1' },
  ])('hears everything on the listening socket alone ($to on $listen)', ({ listen, to }) => {
    const egress = keep(Egress.open({ address: listen, port: 0 }));
    const fds = [1, 2, 3, 4].map((index) => egress.descriptorFor(index, all));
    const { port } = egress.listening.localAddress();
    for (let i = 0; i < 50; i++) {
      keep(new RawUdp({ address: to, port: 0 }))
        .connect({ address: to, port })
        .send(Buffer.alloc(10));
    }
    expect(fds.map(countWaiting)).toEqual([50, 0, 0, 0]);
  });

  test('frees its port when it is closed', () => {
    const egress = Egress.open({ address: '127.0.0.1', port: 0 });
    const address = egress.listening.localAddress();
    for (const index of [1, 2, 3]) egress.descriptorFor(index, all);
    egress.close();
    keep(Egress.open(address));
  });
});

function keep<T extends { close(): void }>(it: T): T {
  open.push(it);
  return it;
}

function countWaiting(fd: number): number {
  let count = 0;
  while (recv(fd, memory.address, 2_048, 0) >= 0) count++;
  return count;
}
