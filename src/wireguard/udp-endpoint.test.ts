import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { generateKeyPair } from './keys.ts';
import { UdpEndpoint } from './udp-endpoint.ts';

const open: UdpEndpoint[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
});

const clientKeys = generateKeyPair();
const serverKeys = generateKeyPair();

function make(isClient: boolean, address: string, peerPort: number | null, deliver: (text: string) => void) {
  const endpoint = new UdpEndpoint({
    privateKey: (isClient ? clientKeys : serverKeys).privateKey,
    peerPublicKey: (isClient ? serverKeys : clientKeys).publicKey,
    listen: { address, port: 0 },
    ...(peerPort !== null && { peer: { address, port: peerPort } }),
    deliver: (packet) => deliver(Buffer.from(packet).toString()),
  });
  open.push(endpoint);
  return endpoint;
}

describe('UdpEndpoint', () => {
  for (const address of ['127.0.0.1', '::1']) {
    it(`carries packets both ways over ${address}`, async () => {
      const got: string[] = [];
      const server = make(false, address, null, (text) => server.send(Buffer.from(`${text}, back`)));
      const { port } = await server.start();
      const client = make(true, address, port, (text) => got.push(text));
      const { port: clientPort } = await client.start();
      client.send(Buffer.from('there'.padEnd(16)));
      await until(() => got.length === 1);
      expect(got[0]).toBe(`${'there'.padEnd(16)}, back`.padEnd(32, '\0'));
      expect(server.peer).toEqual({ address, port: clientPort });
    });
  }

  it('follows a peer that moves, and no stranger', async () => {
    const got: string[] = [];
    const server = make(false, '127.0.0.1', null, (text) => got.push(text));
    const { port } = await server.start();
    const first = make(true, '127.0.0.1', port, () => {});
    await first.start();
    first.connect();
    await until(() => server.isUp);
    await first.close();

    const second = make(true, '127.0.0.1', port, () => {});
    const moved = await second.start();
    second.connect();
    await until(() => server.peer?.port === moved.port);

    const stranger = createSocket('udp4');
    stranger.send(Buffer.alloc(148, 1), port, '127.0.0.1');
    await until(() => server.counters.rejected === 1);
    stranger.close();
    await once(stranger, 'close');
    expect(server.peer).toEqual(moved);
  });

  it('says which port is in use', async () => {
    const server = make(false, '127.0.0.1', null, () => {});
    const { port } = await server.start();
    const other = new UdpEndpoint({
      privateKey: clientKeys.privateKey,
      peerPublicKey: serverKeys.publicKey,
      listen: { address: '127.0.0.1', port },
      deliver: () => {},
    });
    open.push(other);
    await expect(other.start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes twice, and before it started', async () => {
    const endpoint = make(true, '127.0.0.1', 1, () => {});
    await endpoint.close();
    await endpoint.close();
    expect(endpoint.send(Buffer.alloc(16))).toBe(false);
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('Condition not met within 3 s');
}
