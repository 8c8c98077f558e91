import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../../test/simnet/index.ts';
import type { UdpAddress } from '../wireguard/index.ts';
import type { LinkTraits } from './lane.ts';
import { Link, type LinkOptions } from './link.ts';

const PERFECT: LinkTraits = { delayMs: 0, jitterMs: 0, lossShare: 0 };
/** Timers and a busy machine; delays below are well above it. */
const TOLERANCE_MS = 40;

const toClose: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0)) await close();
});

interface Arrival {
  readonly number: number;
  readonly from: UdpAddress;
  readonly atMs: number;
}

/** A socket on loopback that keeps what it gets, and answers each datagram if asked to. */
async function bindPeer(address = '127.0.0.1', answers = false) {
  const socket: Socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  toClose.push(() => socket.close());
  const arrivals: Arrival[] = [];
  socket.on('message', (datagram, { address: source, port }) => {
    arrivals.push({
      number: datagram.readUInt32LE(0),
      from: { address: source, port },
      atMs: performance.now(),
    });
    if (answers) socket.send(datagram, port, source);
  });
  const send = (number: number, to: UdpAddress, lengthBytes = 4) => {
    const datagram = Buffer.alloc(lengthBytes);
    datagram.writeUInt32LE(number);
    socket.send(datagram, to.port, to.address);
  };
  return { address: { address, port: socket.address().port }, arrivals, send };
}

async function startLink(options: LinkOptions) {
  const link = new Link(options);
  toClose.push(() => link.close());
  return { link, address: await link.start() };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (isTrue()) return;
    await sleep(5);
  }
  throw new Error('Condition not met within 2 s');
}

describe('Link', () => {
  for (const address of ['127.0.0.1', '::1']) {
    it(`carries datagrams both ways, each client from a source of its own, over ${address}`, async () => {
      const server = await bindPeer(address, true);
      const clients = [await bindPeer(address), await bindPeer(address)];
      const { link, address: entry } = await startLink({ ...PERFECT, target: server.address });
      for (const [index, client] of clients.entries()) {
        client.send(index, entry);
        client.send(index + 10, entry);
      }
      await until(() => clients.every(({ arrivals }) => arrivals.length === 2));
      expect(clients.map(({ arrivals }) => arrivals.map(({ number }) => number))).toEqual([
        [0, 10],
        [1, 11],
      ]);
      expect(clients[0]!.arrivals[0]!.from).toEqual(entry);
      expect(new Set(server.arrivals.map(({ from }) => from.port)).size).toBe(2);
      expect(link.forth).toMatchObject({ entered: 4, delivered: 4, lost: 0, cutOff: 0, queueFull: 0 });
      expect(link.back).toMatchObject({ entered: 4, delivered: 4 });
    });
  }

  it('delays by what was asked for, and measures it', async () => {
    const server = await bindPeer();
    const client = await bindPeer();
    const { link, address } = await startLink({ ...PERFECT, delayMs: 60, target: server.address });
    const startMs = performance.now();
    for (let number = 0; number < 20; number++) client.send(number, address);
    await until(() => server.arrivals.length === 20);
    for (const { atMs } of server.arrivals) {
      expect(atMs - startMs).toBeGreaterThan(59);
      expect(atMs - startMs).toBeLessThan(60 + TOLERANCE_MS);
    }
    const meanMs = link.forth.delaySumMs / link.forth.delivered;
    expect(meanMs).toBeGreaterThan(59);
    expect(meanMs).toBeLessThan(60 + TOLERANCE_MS);
  });

  it('keeps the order however much the delay wanders', async () => {
    const numbers = await numbersThrough({ delayMs: 30, jitterMs: 30, lossShare: 0 });
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(numbers).toHaveLength(200);
  });

  it('lets datagrams overtake when allowed to', async () => {
    const numbers = await numbersThrough({ delayMs: 30, jitterMs: 30, lossShare: 0, mayReorder: true });
    expect(numbers).not.toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(200);
  });

  it('loses the share asked for, and counts it', async () => {
    const server = await bindPeer();
    const client = await bindPeer();
    const chance = new Random(1);
    const random = () => chance.next();
    const { link, address } = await startLink({
      ...PERFECT,
      lossShare: 0.25,
      target: server.address,
      random,
    });
    const { forth } = link;
    for (let number = 0; number < 200; number++) client.send(number, address);
    await until(() => forth.lost + forth.delivered === 200 && server.arrivals.length === forth.delivered);
    // The spread of 200 draws, four times over.
    expect(Math.abs(forth.lost - 50)).toBeLessThan(4 * Math.sqrt(200 * 0.25 * 0.75));
  });

  it('carries nothing while cut, loses what was under way, and comes back', async () => {
    const server = await bindPeer();
    const client = await bindPeer();
    const { link, address } = await startLink({ ...PERFECT, delayMs: 200, target: server.address });
    client.send(1, address);
    await until(() => link.forth.entered === 1);
    link.cut();
    expect(link.isCut).toBe(true);
    expect(link.forth.cutOff).toBe(1);
    client.send(2, address);
    await until(() => link.forth.cutOff === 2);
    link.change({ delayMs: 1 });
    link.restore();
    client.send(3, address);
    await until(() => server.arrivals.length === 1);
    expect(server.arrivals[0]!.number).toBe(3);
  });

  it('holds to its rate, and drops what the queue cannot take', async () => {
    const server = await bindPeer();
    const client = await bindPeer();
    const rate = { bytesPerSecond: 100_000, queueBytes: 5_000 };
    const { link, address } = await startLink({ ...PERFECT, ...rate, target: server.address });
    const startMs = performance.now();
    for (let number = 0; number < 20; number++) client.send(number, address, 1_000);
    await until(() => link.forth.delivered + link.forth.queueFull === 20);
    await until(() => server.arrivals.length === link.forth.delivered);
    expect(link.forth.queueFull).toBeGreaterThan(5);
    const lastMs = server.arrivals.at(-1)!.atMs - startMs;
    expect(lastMs).toBeGreaterThan(link.forth.delivered * 10 - 3);
  });

  it('takes no answers from others than the target, and no more than 64 clients', async () => {
    const server = await bindPeer();
    const stranger = await bindPeer();
    const { link, address } = await startLink({ ...PERFECT, target: server.address });
    for (let count = 0; count < 65; count++) (await bindPeer()).send(count, address);
    await until(() => server.arrivals.length === 64 && link.strangers === 1);
    stranger.send(1, server.arrivals[0]!.from);
    await sleep(20);
    expect(link.back.entered).toBe(0);
  });

  it('closes twice, and before it started', async () => {
    const link = new Link({ ...PERFECT, target: { address: '127.0.0.1', port: 9 } });
    await link.close();
    await link.close();
  });
});

/** The order in which 200 datagrams come out. */
async function numbersThrough(traits: LinkTraits): Promise<number[]> {
  const server = await bindPeer();
  const client = await bindPeer();
  const { address } = await startLink({ ...traits, target: server.address });
  for (let number = 0; number < 200; number++) {
    client.send(number, address);
    if (number % 10 === 0) await sleep(3);
  }
  await until(() => server.arrivals.length === 200);
  return server.arrivals.map(({ number }) => number);
}
