import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { labObstacle, titled } from '../../test/lab/requirements.ts';
import { inside } from '../../test/sockets/inside.ts';
import { type Links, makeLinks } from '../../test/sockets/links.ts';
import { bufferObstacle, RawUdp, waitReadable } from '../../test/sockets/raw-udp.ts';
import { Batch, Counters, DROP, type Notice, type SocketAddress } from '../net/index.ts';
import { Destination } from './destination.ts';
import { Region } from './memory.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { openConnected, PATH_BUFFERS, type UdpSocket } from './udp-socket.ts';

const CAPACITY = 400;
const WIREGUARD = 0;
const memory = new Region(1 << 20);
const batch = new Batch(memory.bytes, CAPACITY, 1);
let counters: Counters;
let notices: Notice[];
let sender: Sender;
let nowMs = 1_000_000;
const open: { close(): void }[] = [];

beforeEach(() => {
  for (const socket of open.splice(0)) socket.close();
  counters = Counters.forPaths(2);
  notices = [];
  sender = new Sender(batch, memory.address, counters, (notice) => notices.push(notice));
});
afterAll(() => {
  for (const socket of open) socket.close();
});

describe.skipIf(bufferObstacle !== null)(titled('Sender.send() over the loopback', bufferObstacle), () => {
  const sizes = [...repeat(100, 1_400), 300, 32, ...repeat(70, 500), 0, 9_000, 9_000, 65_507];

  test('delivers runs byte-identical and in order to a receiver without receive offload', () => {
    const far = keep(new RawUdp());
    const datagrams = load(sizes);
    send(destinationAt(far.address));
    expectSame(far.receiveAll(datagrams.length), datagrams);
    expect(counters.path(0, 'outPackets')).toBe(datagrams.length);
    expect(counters.path(0, 'outBytes')).toBe(datagrams.reduce((sum, { length }) => sum + length, 0));
    expect(counters.path(0, 'lastOutMs')).toBe(nowMs);
    expect(notices).toEqual([]);
  });

  test('delivers runs byte-identical and in order to a receiver with receive offload', () => {
    const far = keep(new RawUdp());
    far.socket.offloadReceive();
    const datagrams = load(sizes);
    send(destinationAt(far.address));
    const receiver = new Receiver();
    const received: Buffer[] = [];
    while (received.length < datagrams.length && waitReadable(far.socket.fd)) {
      receiver.receive(far.socket.fd, 0);
      received.push(...datagramsOf(receiver));
    }
    expectSame(received, datagrams);
  });

  test('sends only what the core decided, from anywhere in memory', () => {
    const far = keep(new RawUdp());
    const datagrams = load([100, 100, 100, 200, 200, 100]);
    batch.to[1] = DROP;
    batch.to[3] = 7;
    send(destinationAt(far.address));
    expectSame(
      far.receiveAll(4),
      [0, 2, 4, 5].map((i) => datagrams[i]!),
    );
    expect(far.receive()).toBeUndefined();
  });

  test('sends one batch to one destination after the other', () => {
    const far = [keep(new RawUdp()), keep(new RawUdp())];
    const datagrams = load(repeat(30, 1_200));
    const destinations = far.map(({ address }, path) => destinationAt(address, path));
    sender.nowMs = nowMs;
    sender.prepare(WIREGUARD);
    for (const destination of destinations) sender.send(destination);
    far.forEach((it, path) => {
      expect(counters.path(path, 'outPackets')).toBe(30);
      expectSame(it.receiveAll(30), datagrams);
    });
  });

  test('counts what goes to WireGuard in the relay, not in a path', () => {
    const far = keep(new RawUdp());
    load(repeat(5, 64));
    const socket = connected(far.address);
    send(Destination.ofWireguard(socket.fd));
    expect(far.receiveAll(5).length).toBe(5);
    expect(counters.relay('wireguardOutPackets')).toBe(5);
    expect(counters.relay('wireguardOutBytes')).toBe(320);
    expect(counters.path(0, 'outPackets')).toBe(0);
  });

  test('sends the datagram that an earlier refusal hit once more', () => {
    const gone = new RawUdp();
    const destination = destinationAt(gone.address);
    gone.close();
    load([40]);
    send(destination); // taken, and refused a moment later
    const far = keep(new RawUdp(gone.address));
    const datagrams = load([50, 60]);
    send(destination);
    expectSame(far.receiveAll(2), datagrams);
    expect(counters.path(0, 'refused')).toBe(1);
    expect(counters.path(0, 'outPackets')).toBe(3);
  });

  test('goes on with the batch when nobody listens', () => {
    const gone = new RawUdp();
    const destination = destinationAt(gone.address);
    gone.close();
    load([40, 50, 60, 70, 80]);
    send(destination);
    expect(counters.path(0, 'outPackets')).toBe(5);
  });
});

describe.skipIf(labObstacle !== null)(titled('Sender.send() over links', labObstacle), () => {
  let links: Links;
  beforeAll(async () => {
    links = await makeLinks(2);
  }, 30_000);
  afterAll(() => links?.remove());

  test.each([4, 6] as const)('segments on an IPv%i link', (version) => {
    const { far, destination } = path(0, version);
    const datagrams = load(repeat(100, 1_400));
    send(destination);
    expectSame(far.receiveAll(100), datagrams);
    expect(counters.path(0, 'segmentationFallbacks')).toBe(0);
  });

  describe.each([
    { how: 'the MTU of the link', set: ['link set n0 mtu 1300'], unset: ['link set n0 mtu 1500'] },
    {
      how: 'the MTU of a route',
      set: ['route add 10.66.0.2/32 dev n0 mtu 1300', 'route add fd66:0::2/128 dev n0 mtu 1300'],
      unset: ['route del 10.66.0.2/32 dev n0', 'route del fd66:0::2/128 dev n0'],
    },
  ])('when segments are longer than $how', ({ set, unset }) => {
    beforeAll(() => links.near.ip(...set));
    afterAll(() => links.near.ip(...unset));

    test.each([4, 6] as const)('loses nothing over IPv%i, says so once, and knows next time', (version) => {
      const { far, destination } = path(0, version);
      const datagrams = load([...repeat(100, 1_400), ...repeat(10, 1_350), ...repeat(10, 200)]);
      send(destination);
      expectSame(far.receiveAll(120), datagrams);
      expect(destination.largestSegment).toBe(1_349);
      expect(counters.path(0, 'segmentationFallbacks')).toBeGreaterThanOrEqual(2);
      expect(counters.path(0, 'tooLong')).toBe(0);
      expect(counters.path(0, 'outPackets')).toBe(120);
      const kinds = notices.map(({ kind, path }) => ({ kind, path }));
      expect(kinds).toEqual(repeat(2, { kind: 'segment-lowered', path: 0 }));

      const fallbacks = counters.path(0, 'segmentationFallbacks');
      send(destination);
      expectSame(far.receiveAll(120), datagrams);
      expect(counters.path(0, 'segmentationFallbacks')).toBe(fallbacks);
      expect(notices.length).toBe(2);
    });

    test('keeps the lowest limit when shorter segments fail first', () => {
      const { far, destination } = path(0, 4);
      const datagrams = load([...repeat(3, 1_350), ...repeat(3, 1_400)]);
      send(destination);
      expectSame(far.receiveAll(6), datagrams);
      expect(destination.largestSegment).toBe(1_349);
      expect(notices.length).toBe(1);
    });

    test('tries long segments again after a minute', () => {
      const { far, destination } = path(0, 4);
      load(repeat(10, 1_400));
      send(destination);
      destination.retrySegments(nowMs + 59_000, false);
      expect(destination.largestSegment).toBe(1_399);
      destination.retrySegments(nowMs + 60_000, false);
      expect(destination.largestSegment).toBeGreaterThan(65_535);
      far.receiveAll(10);
    });
  });

  describe('without checksum offload', () => {
    beforeAll(async () => {
      await links.near.run('ethtool', ['-K', 'n0', 'tx', 'off']);
    });
    afterAll(async () => {
      await links.near.run('ethtool', ['-K', 'n0', 'tx', 'on']);
    });

    // Linux before 6.11 answers EIO, later ones segment in software; nothing may be lost on either.
    test.each([4, 6] as const)('loses nothing over IPv%i', (version) => {
      const { far, destination } = path(0, version);
      const datagrams = load([...repeat(100, 1_400), 77]);
      send(destination);
      expectSame(far.receiveAll(101), datagrams);
      const hasFallenBack = counters.path(0, 'segmentationFallbacks') > 0;
      expect(destination.largestSegment === 0).toBe(hasFallenBack);
      expect(notices.map(({ kind }) => kind)).toEqual(hasFallenBack ? ['segmentation-off'] : []);
      send(destination);
      expectSame(far.receiveAll(101), datagrams);
      expect(notices.length).toBe(hasFallenBack ? 1 : 0);
    });
  });

  test('drops just the datagrams that a firewall forbids', async () => {
    const rule = 'meta l4proto udp udp length 108 drop';
    const chain = `chain out { type filter hook output priority 0; ${rule}\n}`;
    await links.near.run('nft', ['-f', '-'], { input: `table inet forbid { ${chain}\n}\n` });
    const { far, destination } = path(0, 4);
    const datagrams = load([50, 100, 200, 300]); // in this order no two can be joined
    send(destination);
    await links.near.run('nft', ['delete', 'table', 'inet', 'forbid']);
    expectSame(
      far.receiveAll(3),
      [0, 2, 3].map((i) => datagrams[i]!),
    );
    expect(counters.path(0, 'forbidden')).toBe(1);
    expect(counters.path(0, 'outPackets')).toBe(3);
  });

  test('counts the copies of a link that is down as unreachable', async () => {
    const { far, destination } = path(1, 4);
    await links.near.ip('link set n1 down');
    const datagrams = load(repeat(20, 600));
    send(destination);
    expect(counters.path(0, 'unreachable')).toBe(20);
    expect(counters.path(0, 'outPackets')).toBe(0);
    await links.near.ip('link set n1 up');
    send(destination);
    expectSame(far.receiveAll(20), datagrams);
  });

  test('counts single datagrams that no path carries as too long, and sends the others', () => {
    const { far, destination } = path(0, 4);
    const datagrams = load([100, 65_508, 300]);
    send(destination);
    expectSame(far.receiveAll(2), [datagrams[0]!, datagrams[2]!]);
    expect(counters.path(0, 'tooLong')).toBe(1);
  });

  test('drops what a slow link does not take, for that link alone, and waits for nothing', async () => {
    const slowly = ['rate', '1mbit', 'burst', '10000', 'limit', '20000000'];
    await links.near.run('tc', ['qdisc', 'add', 'dev', 'n0', 'root', 'tbf', ...slowly]);
    const slow = path(0, 4, 0);
    const fast = path(1, 4, 1);
    const datagrams = load(repeat(300, 1_400));
    const startMs = performance.now();
    for (let round = 0; round < 5; round++) {
      sender.nowMs = nowMs;
      sender.prepare(WIREGUARD);
      sender.send(slow.destination);
      sender.send(fast.destination);
    }
    const tookMs = performance.now() - startMs;
    await links.near.run('tc', ['qdisc', 'delete', 'dev', 'n0', 'root']);
    expectSame(fast.far.receiveAll(1_500), Array(5).fill(datagrams).flat());
    expect(counters.path(1, 'queueFull')).toBe(0);
    expect(counters.path(0, 'queueFull')).toBeGreaterThan(500);
    expect(counters.path(0, 'queueFull') + counters.path(0, 'outPackets')).toBe(1_500);
    // Through the link it would take 17 seconds.
    expect(tookMs).toBeLessThan(1_000);
  });

  function path(link: number, version: 4 | 6, number = 0) {
    const address = version === 4 ? `10.66.${link}.2` : `fd66:${link}::2`;
    const far = inside(links.far, () => keep(new RawUdp({ address, port: 0 })));
    const destination = inside(links.near, () => destinationAt(far.address, number));
    return { far, destination };
  }
});

function keep<T extends { close(): void }>(socket: T): T {
  open.push(socket);
  return socket;
}

function connected(destination: SocketAddress): UdpSocket {
  return keep(openConnected({ destination, buffers: PATH_BUFFERS, attempt: 'Cannot open' }));
}

function destinationAt(address: SocketAddress, path = 0): Destination {
  return new Destination(connected(address).fd, path, counters.pathBlock(path));
}

function repeat<T>(count: number, item: T): T[] {
  return Array<T>(count).fill(item);
}

/** Fills the batch with random datagrams of these lengths, all for session 0; every third has a gap before it. */
function load(lengths: readonly number[]): Buffer[] {
  let at = 0;
  batch.count = lengths.length;
  return lengths.map((length, i) => {
    if (i % 3 === 0) at += 8;
    batch.offset[i] = at;
    batch.length[i] = length;
    batch.to[i] = WIREGUARD;
    for (let byte = 0; byte < length; byte++) memory.bytes[at + byte] = (Math.random() * 256) | 0;
    at += length;
    return Buffer.from(memory.bytes.slice(at - length, at));
  });
}

function send(destination: Destination): void {
  nowMs += 10;
  sender.nowMs = nowMs;
  sender.prepare(WIREGUARD);
  sender.send(destination);
}

function datagramsOf({ batch: { bytes, count, offset, length } }: Receiver): Buffer[] {
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(bytes.slice(offset[i], offset[i]! + length[i]!)),
  );
}

function expectSame(received: readonly Buffer[], sent: readonly Buffer[]): void {
  const lengths = (list: readonly Buffer[]) => list.map(({ length }) => length).join();
  expect(lengths(received)).toBe(lengths(sent));
  expect(received.findIndex((datagram, i) => !datagram.equals(sent[i]!))).toBe(-1);
}
