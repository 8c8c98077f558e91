import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labObstacle, titled } from '../../test/lab/requirements.ts';
import { type Driven, driveLinux, opened, until } from '../../test/sockets/drive-linux.ts';
import { inside } from '../../test/sockets/inside.ts';
import { type Links, makeLinks } from '../../test/sockets/links.ts';
import { RawUdp } from '../../test/sockets/raw-udp.ts';
import { type Fault, familyOf, type SocketAddress } from '../net/index.ts';

const anyLocal: SocketAddress = { address: '127.0.0.1', port: 0 };
const open: { close(): void }[] = [];
afterEach(() => {
  for (const it of open.splice(0)) it.close();
});

describe('LinuxEngine as a client', () => {
  test('copies everything from WireGuard to every path, in order, and the answers back', async () => {
    await driveLinux(function* (driven) {
      const { wireguard, fars, paths } = client(driven, 3);
      const sent = [...random(40, 1_200), ...random(3, 96)];
      for (const datagram of sent) wireguard.send(datagram);
      yield* until(() => driven.counters.path(2, 'outPackets') === 43);
      for (const far of fars) expect(far.receiveAll(43)).toEqual(sent);
      const answers = random(fars.length, 300);
      fars.forEach((far, i) => {
        far.connect(paths[i]!).send(answers[i]!);
      });
      yield* until(() => driven.counters.relay('wireguardOutPackets') === fars.length);
      expect(wireguard.receiveAll(3).sort(Buffer.compare)).toEqual(answers.sort(Buffer.compare));
    });
  });

  test('answers WireGuard where it last spoke from', async () => {
    await driveLinux(function* (driven) {
      const { listening, fars, paths } = client(driven, 1);
      const far = fars[0]!.connect(paths[0]!);
      for (const last of [1, 2, 3]) {
        const wireguard = keep(new RawUdp({ address: `127.0.0.${last}`, port: 0 })).connect(listening);
        wireguard.send(Buffer.alloc(40));
        yield* until(() => driven.counters.path(0, 'outPackets') === last);
        far.send(Buffer.alloc(50 + last));
        yield* until(() => driven.counters.relay('wireguardOutPackets') === last);
        expect(wireguard.receiveAll(1).map(({ length }) => length)).toEqual([50 + last]);
      }
    });
  });

  test('counts what arrives before WireGuard has spoken', async () => {
    await driveLinux(function* (driven) {
      const { fars, paths } = client(driven, 1);
      for (const datagram of random(5, 60)) fars[0]!.connect(paths[0]!).send(datagram);
      yield* until(() => driven.counters.relay('noWireguard') === 5);
    });
  });

  test('hears nobody but its destinations on the paths', async () => {
    await driveLinux(function* (driven) {
      const { paths } = client(driven, 1);
      keep(new RawUdp()).connect(paths[0]!).send(Buffer.alloc(40));
      yield;
      yield;
      expect(driven.core.batches).toEqual([]);
    });
  });

  test('stops sending on a path that was closed, and goes on with the others', async () => {
    await driveLinux(function* (driven) {
      const { wireguard, fars } = client(driven, 2);
      driven.engine.closePath(0);
      wireguard.send(Buffer.alloc(40));
      yield* until(() => driven.counters.path(1, 'outPackets') === 1);
      expect(fars[1]!.receiveAll(1).length).toBe(1);
      expect(fars[0]!.receive()).toBeUndefined();
      expect(driven.counters.path(0, 'outPackets')).toBe(0);
    });
  });

  test('counts it when nobody listens at the destination, and recovers', async () => {
    await driveLinux(function* (driven) {
      const { wireguard, fars } = client(driven, 1);
      const { address } = fars[0]!;
      open.splice(open.indexOf(fars[0]!), 1)[0]!.close();
      wireguard.send(Buffer.alloc(40));
      yield* until(() => driven.counters.path(0, 'refused') === 1);
      const back = keep(new RawUdp(address));
      wireguard.send(Buffer.alloc(44));
      yield* until(() => driven.counters.path(0, 'outPackets') === 2);
      expect(back.receiveAll(1).map(({ length }) => length)).toEqual([44]);
    });
  });

  test.each<{ what: string; spec: object; code: string }>([
    { what: 'a device that does not exist', spec: { device: 'rgt-none' }, code: 'ENODEV' },
    { what: 'a source that is not local', spec: { source: '192.0.2.1' }, code: 'EADDRNOTAVAIL' },
  ])('tells of $what, and goes on', async ({ spec, code }) => {
    await driveLinux(function* ({ engine }) {
      const results: (SocketAddress | Fault)[] = [];
      const destination = { address: '127.0.0.1', port: 9 };
      engine.openPath(0, { name: 'bad', destination, ...spec }, (result) => results.push(result));
      expect(results).toEqual([{ code, message: expect.stringContaining('path "bad" to 127.0.0.1:9') }]);
      yield;
    });
  });

  test('tells of a listening port that is taken', async () => {
    const { address } = keep(new RawUdp());
    await driveLinux(function* ({ engine }) {
      for (const side of ['wireguard', 'network'] as const) {
        const results: (SocketAddress | Fault)[] = [];
        engine.listen(side, address, (result) => results.push(result));
        expect(results).toMatchObject([{ code: 'EADDRINUSE' }]);
      }
      yield;
    });
  });

  test('ticks, and has closed every socket when it has stopped', async () => {
    let listening: SocketAddress = anyLocal;
    await driveLinux(function* (driven) {
      listening = client(driven, 1).listening;
      yield;
      expect(driven.core.ticks).toBeGreaterThanOrEqual(1);
    });
    keep(new RawUdp(listening));
  });
});

describe('LinuxEngine as a server', () => {
  test('passes all on to WireGuard, and its answers to every address that sent', async () => {
    await driveLinux(function* (driven) {
      const { wireguard, listening } = server(driven, anyLocal);
      const clients = [1, 2, 3].map(() => keep(new RawUdp()).connect(listening));
      const sent = random(clients.length * 10, 700);
      sent.forEach((datagram, i) => {
        clients[i % 3]!.send(datagram);
      });
      yield* until(() => driven.counters.relay('wireguardOutPackets') === sent.length);
      expect(wireguard.receiveAll(sent.length).sort(Buffer.compare)).toEqual([...sent].sort(Buffer.compare));
      const answers = random(20, 1_300);
      wireguard.connectToSender();
      for (const answer of answers) wireguard.send(answer);
      yield* until(() => driven.counters.path(2, 'outPackets') === 20);
      for (const it of clients) expect(it.receiveAll(20)).toEqual(answers);
    });
  });

  test.each([
    { listen: '0.0.0.0', to: ['127.0.0.1', '127.0.0.7'] },
    { listen: '::', to: ['127.0.0.1', '127.0.0.7', '::1'] },
  ])('answers from the address that the datagrams came to ($to on $listen)', async ({ listen, to }) => {
    await driveLinux(function* (driven) {
      const { wireguard, listening } = server(driven, { address: listen, port: 0 });
      // A connected socket hears the address it is connected to, and no other.
      const clients = to.map((address) => {
        const from = familyOf(address) === 4 ? '127.0.0.1' : '::1';
        return keep(new RawUdp({ address: from, port: 0 })).connect({ address, port: listening.port });
      });
      for (const it of clients) it.send(Buffer.alloc(32));
      yield* until(() => driven.counters.relay('wireguardOutPackets') === to.length);
      const answers = [...random(5, 500), ...random(1, 90)];
      wireguard.connectToSender();
      for (const answer of answers) wireguard.send(answer);
      yield* until(() => driven.counters.path(to.length - 1, 'outPackets') === answers.length);
      for (const it of clients) expect(it.receiveAll(answers.length)).toEqual(answers);
    });
  });

  test('answers from the other address once the client sends to it', async () => {
    await driveLinux(function* (driven) {
      const { wireguard, listening } = server(driven, { address: '0.0.0.0', port: 0 });
      const it = keep(new RawUdp());
      for (const [i, address] of ['127.0.0.1', '127.0.0.8'].entries()) {
        it.connect({ address, port: listening.port }).send(Buffer.alloc(32));
        yield* until(() => driven.counters.relay('wireguardOutPackets') === i + 1);
        wireguard.connectToSender().send(Buffer.alloc(40 + i));
        yield* until(() => driven.counters.path(0, 'outPackets') === i + 1);
        expect(it.receiveAll(1).map(({ length }) => length)).toEqual([40 + i]);
      }
      expect(driven.core.paths).toEqual([0]);
    });
  });

  test('follows WireGuard to another address', async () => {
    await driveLinux(function* (driven) {
      const { listening } = server(driven, anyLocal);
      const moved = keep(new RawUdp());
      driven.engine.setUpstream(moved.address);
      keep(new RawUdp()).connect(listening).send(Buffer.alloc(77));
      yield* until(() => driven.counters.relay('wireguardOutPackets') === 1);
      expect(moved.receiveAll(1).map(({ length }) => length)).toEqual([77]);
    });
  });

  test('opens no upstream socket before it knows where WireGuard is', async () => {
    await driveLinux(function* ({ engine }) {
      expect(engine.openUpstream(0)).toBe(false);
      yield;
    });
  });

  test('sends nothing to a path that was forgotten', async () => {
    await driveLinux(function* (driven) {
      const { wireguard, listening } = server(driven, anyLocal);
      const it = keep(new RawUdp()).connect(listening);
      it.send(Buffer.alloc(32));
      yield* until(() => driven.core.paths.length === 1);
      driven.engine.forgetPath(0);
      yield;
      wireguard.connectToSender().send(Buffer.alloc(40));
      yield;
      yield;
      expect(driven.core.batches.length).toBe(2);
      expect(it.receive()).toBeUndefined();
    });
  });
});

describe.skipIf(labObstacle !== null)(titled('LinuxEngine as a server with two links', labObstacle), () => {
  let links: Links;
  beforeAll(async () => {
    links = await makeLinks(2);
  }, 30_000);
  afterAll(() => links?.remove());

  test.each(['10.67.0.1', '10.67.0.2', 'fd67::1', 'fd67::2'])(
    'answers from %s, one of its addresses',
    async (address) => {
      await inside(links.far, () =>
        driveLinux(function* (driven) {
          const { wireguard, listening } = server(driven, { address: '::', port: 0 });
          const it = inside(links.near, () => keep(new RawUdp({ address: sourceFor(address), port: 0 })));
          inside(links.near, () => it.connect({ address, port: listening.port }));
          it.send(Buffer.alloc(32));
          yield* until(() => driven.core.paths.length === 1);
          const answers = random(10, 1_000);
          wireguard.connectToSender();
          for (const answer of answers) wireguard.send(answer);
          yield* until(() => driven.counters.path(0, 'outPackets') === 10);
          expect(it.receiveAll(10)).toEqual(answers);
        }),
      );
    },
  );

  test.each(['10.66', 'fd66'])('does not let a slow link starve the other one (%s)', async (network) => {
    const slowly = ['rate', '1mbit', 'burst', '10000', 'limit', '20000000'];
    await links.far.run('tc', ['qdisc', 'add', 'dev', 'f0', 'root', 'tbf', ...slowly]);
    const address = (link: number, host: number) =>
      network === '10.66' ? `10.66.${link}.${host}` : `fd66:${link}::${host}`;
    try {
      await inside(links.far, () =>
        driveLinux(function* (driven) {
          const { wireguard, listening } = server(driven, { address: '::', port: 0 });
          const clients = inside(links.near, () =>
            [0, 1].map((link) =>
              keep(new RawUdp({ address: address(link, 1), port: 0 })).connect({
                address: address(link, 2),
                port: listening.port,
              }),
            ),
          );
          for (const [i, it] of clients.entries()) {
            it.send(Buffer.alloc(32));
            yield* until(() => driven.core.paths.length === i + 1);
          }
          wireguard.connectToSender();
          const startMs = performance.now();
          for (let round = 1; round <= 20; round++) {
            for (const datagram of random(50, 1_400)) wireguard.send(datagram);
            yield* until(() => driven.counters.path(1, 'outPackets') === round * 50);
          }
          const tookMs = performance.now() - startMs;
          expect(driven.counters.path(0, 'queueFull')).toBeGreaterThan(100);
          expect(driven.counters.path(1, 'queueFull')).toBe(0);
          expect(clients[1]!.receiveAll(1_000).length).toBe(1_000);
          // The slow link would take 11 seconds.
          expect(tookMs).toBeLessThan(3_000);
        }),
      );
    } finally {
      await links.far.run('tc', ['qdisc', 'delete', 'dev', 'f0', 'root']);
    }
  });

  function sourceFor(address: string): string {
    return familyOf(address) === 4 ? '10.66.0.1' : 'fd66:0::1';
  }
});

function keep<T extends { close(): void }>(it: T): T {
  open.push(it);
  return it;
}

/** A client's engine with `count` paths, each to a socket of its own, and a WireGuard in front. */
function client({ engine, core }: Driven, count: number) {
  const listening = opened((answer) => engine.listen('wireguard', anyLocal, answer));
  const wireguard = keep(new RawUdp()).connect(listening);
  const fars = Array.from({ length: count }, () => keep(new RawUdp()));
  const paths = fars.map(({ address }, path) => {
    core.paths.push(path);
    return opened((answer) => engine.openPath(path, { name: `p${path}`, destination: address }, answer));
  });
  return { listening, wireguard, fars, paths };
}

/** A server's engine that learns paths, and a WireGuard behind it; `connectToSender()` before it answers. */
function server({ engine, core }: Driven, address: SocketAddress) {
  core.outlets = engine;
  const listening = opened((answer) => engine.listen('network', address, answer));
  const wireguard = keep(new RawUdp());
  engine.setUpstream(wireguard.address);
  expect(engine.openUpstream(0)).toBe(true);
  return { listening, wireguard };
}

function random(count: number, length: number): Buffer[] {
  return Array.from({ length: count }, () =>
    Buffer.from(Array.from({ length }, () => (Math.random() * 256) | 0)),
  );
}
