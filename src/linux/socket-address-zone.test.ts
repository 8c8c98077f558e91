/** What a zone is when the system cannot tell: only a process without descriptors could be told so, so it is made up. */
import { networkInterfaces } from 'node:os';
import { expect, test, vi } from 'vitest';
import { SystemCallError } from './errors.ts';
import { Region } from './memory.ts';
import { writeSockaddr } from './socket-address.ts';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  networkInterfaces: vi.fn(),
}));

test('writeSockaddr() says by a SystemCallError that it cannot find the interface of a zone', () => {
  vi.mocked(networkInterfaces).mockImplementation(() => {
    throw Object.assign(new Error('uv_interface_addresses'), { errno: 24 });
  });
  const write = () => writeSockaddr(new Region(28), 0, { address: 'fe80::1%eth0', port: 1 }, 10);
  expect(write).toThrow(SystemCallError);
  expect(write).toThrow(
    'Cannot find the interface of fe80::1%eth0: getifaddrs answered EMFILE: this program',
  );
});
