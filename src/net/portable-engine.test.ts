import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PlainCore } from '../../test/sockets/plain-core.ts';
import { familyOf, type SocketAddress } from './address.ts';
import { Counters } from './counters.ts';
import { type Fault, isFault, type Notice, type Opened, type Side } from './engine.ts';
import { PortableEngine } from './portable-engine.ts';

const anyLocal: SocketAddress = { address: '127.0.0.1', port: 0 };
const hasIPv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

let core: PlainCore;
let counters: Counters;
let notices: Notice[];
let engine: PortableEngine;
let ended: Promise<void>;
const ends: End[] = [];

beforeEach(() => {
  core = new PlainCore();
  counters = Counters.forPaths(16);
  notices = [];
  restart();
});
afterEach(async () => {
  engine.stop();
  await ended;
  for (const end of ends.splice(0)) end.close();
});

describe('PortableEngine as a client', () => {
  test('copies everything from WireGuard to every path, in order, and the answers back', async () => {
    const { wireguard, fars, paths } = await client(3);
    const sent = random(40, 1_200);
    for (const datagram of sent) wireguard.send(datagram);
    for (const far of fars) expect(await far.receive(40)).toEqual(sent);
    const answers = random(fars.length, 300);
    for (const [i, far] of fars.entries()) far.send(answers[i]!, paths[i]);
    expect((await wireguard.receive(3)).sort(Buffer.compare)).toEqual(answers.sort(Buffer.compare));
    await until(() => counters.path(2, 'outPackets') === 40);
    expect(counters.path(2, 'outBytes')).toBe(40 * 1_200);
    expect(counters.relay('wireguardOutPackets')).toBe(3);
    expect(counters.relay('wireguardOutBytes')).toBe(900);
  });

  test('takes datagrams of every length a datagram can have', async () => {
    const { wireguard, fars } = await client(1);
    const sent = [0, 1, 9_000, 65_507, 0].map((length) => random(1, length)[0]!);
    for (const datagram of sent) wireguard.send(datagram);
    expect(await fars[0]!.receive(5)).toEqual(sent);
  });

  test('answers WireGuard where it last spoke from', async () => {
    const { listening, fars, paths } = await client(1);
    for (const last of [1, 2, 3]) {
      const wireguard = await End.open({ address: `127.0.0.${last}`, port: 0 }, listening);
      wireguard.send(Buffer.alloc(40));
      await fars[0]!.receive(1);
      fars[0]!.send(Buffer.alloc(50 + last), paths[0]);
      expect((await wireguard.receive(1)).map(({ length }) => length)).toEqual([50 + last]);
    }
  });

  test('counts what arrives before WireGuard has spoken', async () => {
    const { fars, paths } = await client(1);
    for (const datagram of random(5, 60)) fars[0]!.send(datagram, paths[0]);
    await until(() => counters.relay('noWireguard') === 5);
  });

  test('hears nobody but its destinations on the paths', async () => {
    const { paths } = await client(1);
    (await End.open(anyLocal, paths[0])).send(Buffer.alloc(40));
    await sleep(50);
    expect(core.batches).toEqual([]);
  });

  test('stops sending on a path that was closed, and goes on with the others', async () => {
    const { wireguard, fars } = await client(2);
    engine.closePath(0);
    wireguard.send(Buffer.alloc(40));
    await fars[1]!.receive(1);
    await sleep(20);
    expect(fars[0]!.received).toEqual([]);
    expect(counters.path(0, 'outPackets')).toBe(0);
  });

  test('counts it when nobody listens at the destination, and recovers', async () => {
    const { wireguard, fars } = await client(1);
    const { address } = fars[0]!;
    fars[0]!.close();
    wireguard.send(Buffer.alloc(40));
    await until(() => counters.path(0, 'refused') > 0);
    const back = await End.open(address);
    wireguard.send(Buffer.alloc(44));
    expect((await back.receive(1)).map(({ length }) => length)).toEqual([44]);
  });

  test('tells of a source that is not local, and of a port that is taken', async () => {
    const spec = { name: 'bad', destination: { address: '127.0.0.1', port: 9 }, source: '192.0.2.1' };
    expect(await answerOf((opened) => engine.openPath(0, spec, opened))).toEqual({
      code: 'EADDRNOTAVAIL',
      message: expect.stringContaining('Cannot open path "bad" to 127.0.0.1:9'),
    });
    const { address } = await End.open(anyLocal);
    for (const side of ['wireguard', 'network'] as const) {
      expect(await answerOf((opened) => engine.listen(side, address, opened))).toMatchObject({
        code: 'EADDRINUSE',
      });
    }
  });

  test('ticks a few times a second', async () => {
    await sleep(1_150);
    expect(core.ticks).toBeGreaterThanOrEqual(2);
    expect(core.ticks).toBeLessThanOrEqual(5);
  });

  test('has closed every socket when it has stopped', async () => {
    const { listening } = await client(1);
    engine.stop();
    await ended;
    await End.open(listening);
    restart();
  });
});

describe('PortableEngine as a server', () => {
  test('passes all on to WireGuard, and its answers to every address that sent', async () => {
    const { wireguard, listening } = await server(anyLocal);
    const clients = await Promise.all([1, 2, 3].map(() => End.open(anyLocal, listening)));
    const sent = random(30, 700);
    for (const [i, datagram] of sent.entries()) clients[i % 3]!.send(datagram);
    expect((await wireguard.receive(30)).sort(Buffer.compare)).toEqual([...sent].sort(Buffer.compare));
    const answers = random(20, 1_300);
    for (const answer of answers) wireguard.send(answer);
    for (const it of clients) expect(await it.receive(20)).toEqual(answers);
    expect(core.paths).toEqual([0, 1, 2]);
  });

  test.each([
    { listen: '0.0.0.0', to: ['127.0.0.1'] },
    { listen: '::', to: hasIPv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'] },
  ])('answers from the address that the datagrams came to ($to on $listen)', async ({ listen, to }) => {
    const port = await freePort();
    const { wireguard } = await server({ address: listen, port });
    // A connected socket hears the address it is connected to, and no other.
    for (const address of to) {
      const it = await End.open({ address, port: 0 }, { address, port });
      it.send(Buffer.alloc(32));
      await wireguard.receive(1);
      const [answer] = random(1, 500);
      wireguard.send(answer!);
      expect(await it.receive(1)).toEqual([answer]);
    }
  });

  test('keeps its listening sockets when it is told that interfaces changed, and closes them at the end', async () => {
    const port = await freePort();
    await server({ address: '0.0.0.0', port });
    engine.retry(); // nothing new: nothing may break
    await sleep(20);
    const it = await End.open(anyLocal, { address: '127.0.0.1', port });
    it.send(Buffer.alloc(32));
    await until(() => core.paths.length === 1);
    it.close();
    engine.stop();
    await ended;
    await End.open({ address: '127.0.0.1', port });
    restart();
  });

  test('follows WireGuard to another address', async () => {
    const { listening } = await server(anyLocal);
    const moved = await End.open(anyLocal);
    engine.setUpstream(moved.address);
    await sleep(20);
    (await End.open(anyLocal, listening)).send(Buffer.alloc(77));
    expect((await moved.receive(1)).map(({ length }) => length)).toEqual([77]);
  });

  test('opens no upstream socket before it knows where WireGuard is', () => {
    expect(engine.openUpstream(0)).toBe(false);
  });

  test('counts and tells it when the system refuses a socket towards WireGuard', async () => {
    const { listening } = await server(anyLocal);
    engine.setUpstream({ address: '255.255.255.255', port: 9 }); // EACCES: broadcasting was not asked for
    await until(() => counters.relay('upstreamFailed') === 1);
    expect(notices).toMatchObject([
      { kind: 'upstream-failed', message: expect.stringMatching(/Cannot reach.*EACCES/) },
    ]);
    (await End.open(anyLocal, listening)).send(Buffer.alloc(32));
    await until(() => counters.relay('noWireguard') === 1);
  });

  test('opens the socket that the system refused once there is a way to WireGuard', async () => {
    const { wireguard, listening } = await server(anyLocal);
    engine.setUpstream({ address: '255.255.255.255', port: 9 });
    await until(() => counters.relay('upstreamFailed') === 1);
    const { ticks } = core;
    await until(() => core.ticks >= ticks + 3); // tried again at each: neither told nor counted
    engine.setUpstream(wireguard.address);
    const it = await End.open(anyLocal, listening);
    await until(() => {
      it.send(Buffer.alloc(33));
      return counters.relay('wireguardOutPackets') > 0;
    });
    expect((await wireguard.receive(1))[0]!.length).toBe(33);
    expect(notices).toHaveLength(1);
    expect(counters.relay('upstreamFailed')).toBe(1);
  });

  test('sends nothing to a path that was forgotten', async () => {
    const { wireguard, listening } = await server(anyLocal);
    const it = await End.open(anyLocal, listening);
    it.send(Buffer.alloc(32));
    await wireguard.receive(1);
    engine.forgetPath(0);
    wireguard.send(Buffer.alloc(40));
    await until(() => core.batches.length === 2);
    await sleep(20);
    expect(it.received).toEqual([]);
  });
});

/** The other end of a socket under test: a program on the loopback. */
class End {
  readonly socket: Socket;
  readonly address: SocketAddress;
  received: Buffer[] = [];
  /** Where `send` sends; the last sender until told otherwise. */
  #to: SocketAddress | undefined;
  #isOpen = true;

  static async open(address: SocketAddress, to?: SocketAddress): Promise<End> {
    const socket = createSocket({
      type: familyOf(address.address) === 4 ? 'udp4' : 'udp6',
      recvBufferSize: 1 << 20,
    });
    socket.bind(address.port, address.address);
    await once(socket, 'listening');
    if (to !== undefined) {
      socket.connect(to.port, to.address);
      await once(socket, 'connect');
    }
    const end = new End(socket, to !== undefined);
    ends.push(end);
    return end;
  }

  private constructor(socket: Socket, isConnected: boolean) {
    this.socket = socket;
    this.address = socket.address();
    socket.on('error', () => {}); // refusals: the tests look at what arrives
    socket.on('message', (datagram, from) => {
      this.received.push(datagram);
      if (!isConnected) this.#to = from;
    });
  }

  send(datagram: Buffer, to = this.#to): void {
    if (to === undefined) this.socket.send(datagram);
    else this.socket.send(datagram, to.port, to.address);
  }

  /** Takes what has come as soon as it is `count` datagrams. */
  async receive(count: number): Promise<Buffer[]> {
    await until(() => this.received.length >= count);
    return this.received.splice(0);
  }

  close(): void {
    if (this.#isOpen) this.socket.close();
    this.#isOpen = false;
  }
}

/** A new engine; the clean-up stops it. */
function restart(): void {
  engine = new PortableEngine({ core, counters, onNotice: (notice) => notices.push(notice) });
  ended = engine.run();
}

async function client(count: number) {
  const listening = await opened('wireguard', anyLocal);
  const wireguard = await End.open(anyLocal, listening);
  const fars = await Promise.all(Array.from({ length: count }, () => End.open(anyLocal)));
  const paths: SocketAddress[] = [];
  for (const [path, { address: destination }] of fars.entries()) {
    core.paths.push(path);
    const spec = { name: `p${path}`, destination, source: '127.0.0.1' };
    paths.push((await answerOf((answer) => engine.openPath(path, spec, answer))) as SocketAddress);
  }
  return { listening, wireguard, fars, paths };
}

async function server(address: SocketAddress) {
  core.outlets = engine;
  const listening = await opened('network', address);
  const wireguard = await End.open(anyLocal);
  engine.setUpstream(wireguard.address);
  expect(engine.openUpstream(0)).toBe(true);
  await sleep(20); // its socket is bound in the background
  return { listening, wireguard };
}

function answerOf(call: (opened: Opened) => void): Promise<SocketAddress | Fault> {
  return new Promise(call);
}

async function opened(side: Side, address: SocketAddress): Promise<SocketAddress> {
  const result = await answerOf((answer) => engine.listen(side, address, answer));
  if (isFault(result)) throw new Error(result.message);
  return result;
}

async function freePort(): Promise<number> {
  const end = await End.open({ address: '0.0.0.0', port: 0 });
  end.close();
  return end.address.port;
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 3_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`Still not so after 3,000 ms: ${holds}`);
    await sleep(2);
  }
}

function random(count: number, length: number): Buffer[] {
  return Array.from({ length: count }, () =>
    Buffer.from(Array.from({ length }, () => (Math.random() * 256) | 0)),
  );
}
