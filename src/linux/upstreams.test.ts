import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { SocketAddress } from '../net/index.ts';
import { Poller } from './poller.ts';
import { Upstreams } from './upstreams.ts';

const wireguard: SocketAddress = { address: '127.0.0.1', port: 9 };
const afterwards: (() => void)[] = [];
afterEach(() => {
  for (const undo of afterwards.splice(0)) undo();
});

describe.skipIf(process.platform !== 'linux')('Upstreams (needs Linux)', () => {
  test('open() tells of a socket that cannot be waited for, and closes it', () => {
    const { upstreams, failures } = watched({ refuses: true });
    const before = openDescriptors();
    expect(upstreams.open(3)).toBe(false);
    expect(openDescriptors()).toBe(before);
    expect(upstreams.destinations[3]).toBeUndefined();
    expect(failures).toEqual([expect.stringContaining('Cannot wait for a socket')]);
  });

  test('adopt() tells of a socket that cannot be waited for, and closes it', () => {
    const { upstreams: giver } = watched({ refuses: false });
    expect(giver.open(3)).toBe(true);
    const { upstreams, failures } = watched({ refuses: true });
    const before = openDescriptors();
    upstreams.adopt(3, giver.release(3));
    expect(openDescriptors()).toBe(before - 1);
    expect(failures).toHaveLength(1);
  });

  test('retry() opens what an established session was refused, and tells the refusal once', () => {
    const { upstreams, failures, poller } = watched({ refuses: false });
    for (const session of [3, 4]) upstreams.open(session);
    poller.refuses = true;
    upstreams.address = { ...wireguard, port: 10 };
    for (let i = 0; i < 5; i++) upstreams.retry();
    expect(upstreams.destinations.filter(Boolean)).toEqual([]);
    expect(failures).toHaveLength(2);
    upstreams.close(4);
    poller.refuses = false;
    upstreams.retry();
    expect(upstreams.destinations[3]).toBeDefined();
    expect(upstreams.destinations[4]).toBeUndefined();
  });

  test('an address that works replaces what was refused at the one before', () => {
    const { upstreams, failures } = watched({ refuses: false });
    upstreams.open(3);
    upstreams.address = { address: '255.255.255.255', port: 9 }; // EACCES: broadcasting was not asked for
    expect(upstreams.destinations[3]).toBeUndefined();
    upstreams.address = wireguard;
    expect(upstreams.destinations[3]).toBeDefined();
    expect(failures).toEqual([expect.stringMatching(/Cannot reach.*EACCES/)]);
  });

  test('open() tells nothing and leaves a socket open when all is well', () => {
    const { upstreams, failures } = watched({ refuses: false });
    const before = openDescriptors();
    expect(upstreams.open(3)).toBe(true);
    expect(openDescriptors()).toBe(before + 1);
    upstreams.closeAll();
    expect(openDescriptors()).toBe(before);
    expect(failures).toEqual([]);
  });
});

/** `refuses`: to wait for a socket a second time is what epoll_ctl(2) answers EEXIST to. */
function watched({ refuses }: { refuses: boolean }) {
  const poller = Object.assign(new Poller(), { refuses });
  const failures: string[] = [];
  const upstreams = new Upstreams({
    onOpened({ fd }) {
      poller.add(fd);
      if (poller.refuses) poller.add(fd);
    },
    onLeft: ({ fd }) => poller.remove(fd),
    onFailure: (message) => failures.push(message),
  });
  upstreams.address = wireguard;
  afterwards.push(() => {
    upstreams.closeAll();
    poller.close();
  });
  return { upstreams, failures, poller };
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
