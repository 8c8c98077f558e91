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
  const poller = new Poller();
  const failures: string[] = [];
  const upstreams = new Upstreams({
    onOpened({ fd }) {
      poller.add(fd);
      if (refuses) poller.add(fd);
    },
    onLeft: ({ fd }) => poller.remove(fd),
    onFailure: (message) => failures.push(message),
  });
  upstreams.address = wireguard;
  afterwards.push(() => {
    upstreams.closeAll();
    poller.close();
  });
  return { upstreams, failures };
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
