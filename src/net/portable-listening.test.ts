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
const engines: PortableEngine[] = [];
const afterwards: (() => void)[] = [];
afterEach(() => {
  for (const undo of afterwards.splice(0)) undo();
  vi.mocked(networkInterfaces).mockReset();
});

describe('PortableEngine on every address', () => {
  test('listens on the others when one is gone since it was listed', async () => {
    expect(await listenOn([GONE, '127.0.0.1'])).toMatchObject({ address: '0.0.0.0' });
    expect(await listenOn(['127.0.0.1', GONE])).toMatchObject({ address: '0.0.0.0' });
  });

  test('says so when there is no other', async () => {
    expect(await listenOn([GONE])).toMatchObject({ code: 'EADDRNOTAVAIL' });
  });

  test('goes on when the system cannot tell which addresses there are, and asks again', async () => {
    await listenOn(['127.0.0.1']);
    const engine = engines.at(-1)!;
    void engine.run(); // until it is stopped
    vi.mocked(networkInterfaces).mockImplementation(() => {
      throw new Error('uv_interface_addresses returned EMFILE');
    });
    engine.retry();
    await vi.waitFor(() => expect(vi.mocked(networkInterfaces).mock.calls.length).toBeGreaterThan(2), 5_000);
    vi.mocked(networkInterfaces).mockReset();
    vi.mocked(networkInterfaces).mockReturnValue({});
    await vi.waitFor(() => expect(networkInterfaces).toHaveBeenCalledOnce(), 5_000);
  });

  test('says at the beginning that it could not', async () => {
    vi.mocked(networkInterfaces).mockImplementation(() => {
      throw new Error('uv_interface_addresses returned EMFILE');
    });
    const fault = await new Promise((resolve) =>
      newEngine().listen('network', { address: '0.0.0.0', port: 0 }, resolve),
    );
    expect(fault).toMatchObject({ message: expect.stringContaining('EMFILE') });
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

function newEngine(): PortableEngine {
  const engine = new PortableEngine({
    core: new PlainCore(),
    counters: Counters.forPaths(1),
    onNotice: () => {},
  });
  engines.push(engine);
  afterwards.push(() => engine.stop());
  return engine;
}

function listenOn(addresses: string[], port = 0): Promise<SocketAddress | Fault> {
  const entries = addresses.map((address) => ({ address, family: 'IPv4' }) as NetworkInterfaceInfo);
  vi.mocked(networkInterfaces).mockReturnValue({ lo: entries });
  const engine = newEngine();
  return new Promise((resolve) => engine.listen('network', { address: '0.0.0.0', port }, resolve));
}
