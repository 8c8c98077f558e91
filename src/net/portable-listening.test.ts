/**
 * Listening on every address while addresses go. Between the listing and the binding there is no moment to take an
 * address away in, so the list is made up here: with one that no interface has.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PlainCore } from '../../test/sockets/plain-core.ts';
import type { SocketAddress } from './address.ts';
import { Counters } from './counters.ts';
import type { Fault } from './engine.ts';
import { PortableEngine } from './portable-engine.ts';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  networkInterfaces: vi.fn(),
}));

const GONE = '192.0.2.1'; // RFC 5737: nobody's
const afterwards: (() => void)[] = [];
afterEach(() => {
  for (const undo of afterwards.splice(0)) undo();
});

describe('PortableEngine on every address', () => {
  test('listens on the others when one is gone since it was listed', async () => {
    expect(await listenOn([GONE, '127.0.0.1'])).toMatchObject({ address: '0.0.0.0' });
    expect(await listenOn(['127.0.0.1', GONE])).toMatchObject({ address: '0.0.0.0' });
  });

  test('says so when there is no other', async () => {
    expect(await listenOn([GONE])).toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  test('says it when somebody else has the port, whatever is gone', async () => {
    const other = createSocket('udp4').bind(0, '127.0.0.1');
    afterwards.push(() => other.close());
    await once(other, 'listening');
    const { port } = other.address();
    expect(await listenOn(['127.0.0.1', GONE], port)).toMatchObject({ code: 'EADDRINUSE' });
    expect(await listenOn([GONE, '127.0.0.1'], port)).toMatchObject({ code: 'EADDRINUSE' });
  });
});

function listenOn(addresses: string[], port = 0): Promise<SocketAddress | Fault> {
  const entries = addresses.map((address) => ({ address, family: 'IPv4' }) as NetworkInterfaceInfo);
  vi.mocked(networkInterfaces).mockReturnValue({ lo: entries });
  const counters = Counters.forPaths(1);
  const engine = new PortableEngine({ core: new PlainCore(), counters, onNotice: () => {} });
  afterwards.push(() => engine.stop());
  return new Promise((resolve) => engine.listen('network', { address: '0.0.0.0', port }, resolve));
}
