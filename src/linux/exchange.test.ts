import { afterEach, describe, expect, test } from 'vitest';
import { dataOf } from '../../test/sockets/datagrams.ts';
import { opened } from '../../test/sockets/drive-linux.ts';
import { RawUdp } from '../../test/sockets/raw-udp.ts';
import { linesBetween } from '../loop/lines.ts';
import { Counters, Ring } from '../net/index.ts';
import { Relay } from '../relay/index.ts';
import { LinuxEngine } from './engine.ts';
import { Exchange } from './exchange.ts';
import { close } from './ffi.ts';
import { Receiver } from './receiver.ts';

/** What WireGuard calls the session. */
const INDEX = 0x0badcafe;
const HANDSHAKE_BYTES = { initiation: 148, response: 92 };
const LIMITS = {
  maxSessions: 4,
  maxUnconfirmedSessions: 4,
  newAddressesPerSecond: 100,
  pathTimeoutMs: 9_000,
};
const SHAPE = { sessions: 4, paths: 8, loops: 2 };
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of open.splice(0)) await end();
});

describe('two LinuxEngines on one port', () => {
  test('carry a session on when it moves: same port towards WireGuard, answers to every address', () => {
    const { counters, turn, wireguard, clients } = serve();
    clients[0]!.send(handshake(1, HANDSHAKE_BYTES.initiation, 7));
    turn(() => wireguard.connectToSender().send(handshake(2, HANDSHAKE_BYTES.response, INDEX)));
    turn(() => counters.loop(1, 'sessions') === 1);
    // Connected to where the initiation came from: it hears nothing from any other port.
    for (let counter = 1n; counter <= 20n; counter++) {
      for (const client of clients) client.send(dataOf(INDEX, counter));
    }
    turn(() => counters.relay('wireguardOutPackets') === 21);
    expect(wireguard.receiveAll(20).map((it) => it.readBigUInt64LE(8))).toEqual(
      Array.from({ length: 20 }, (_, i) => BigInt(i + 1)),
    );
    expect(counters.session(0, 'duplicatesDropped')).toBe(20);
    wireguard.send(dataOf(99, 1n));
    turn(() => counters.loop(1, 'wireguardInPackets') === 1);
    for (const client of clients) expect(client.receiveAll(1)[0]).toEqual(expect.any(Buffer));
  });

  test('hand on what the system delivers to the wrong one, with all that is known of its sender', () => {
    const { engines, counters, turn, wireguard, clients } = serve();
    clients[0]!.send(handshake(1, HANDSHAKE_BYTES.initiation, 7));
    turn(() => wireguard.connectToSender().send(handshake(2, HANDSHAKE_BYTES.response, INDEX)));
    turn(() => counters.loop(1, 'sessions') === 1);
    engines[0]!.steer([], []);
    const before = counters.loop(0, 'handedOver');
    clients[1]!.send(dataOf(INDEX, 1n, 0, 1_399));
    turn(() => counters.loop(1, 'wireguardOutPackets') === 1);
    expect(counters.loop(0, 'handedOver') - before).toBe(1);
    expect(wireguard.receiveAll(1)).toEqual([dataOf(INDEX, 1n, 0, 1_399)]);
    wireguard.send(dataOf(99, 1n, 0, 32));
    turn(() => counters.loop(1, 'wireguardInPackets') === 1);
    expect(clients[1]!.receiveAll(1)).toEqual([dataOf(99, 1n, 0, 32)]);
  });
});

describe('Exchange', () => {
  test('loses datagrams when a ring is full, but no note, and keeps their order', () => {
    const lines = { out: Ring.memory(1 << 12), in: Ring.memory(1 << 12) };
    const wakeFds = new SharedArrayBuffer(8);
    // Nobody is woken: descriptor 1 would be standard output.
    new Int32Array(wakeFds).fill(wakeFd());
    const from = new Exchange([{ loop: 1, ...lines }], wakeFds);
    const to = new Exchange([{ loop: 0, out: lines.in, in: lines.out }], wakeFds);
    const receiver = new Receiver();
    const { batch } = receiver;
    const taken: unknown[] = [];
    for (let i = 0; i < 100; i++) from.tell(1, { number: i, padding: 'x'.repeat(100) });
    batch.loop[0] = 1;
    batch.length[0] = 100;
    expect(from.hand(receiver, 0)).toBe(false);
    for (let rounds = 0; rounds < 200; rounds++) {
      from.flush();
      to.take(
        receiver,
        () => taken.push('datagram'),
        (note) => taken.push((note as { number: number }).number),
      );
    }
    expect(taken).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(from.hand(receiver, 0)).toBe(true);
  });
});

function wakeFd(): number {
  const engine = new LinuxEngine({
    core: new Relay({ ...RELAY, counters: Counters.forPaths(1) }),
    counters: Counters.forPaths(1),
    onNotice() {},
    onWake() {},
  });
  open.push(() => end(engine));
  return engine.wakeFd;
}

const RELAY = {
  maxDatagramBytes: 9_216,
  maxPathsPerSession: 4,
  deduplicate: true,
  protocol: 'wireguard',
} as const;

/** A server of two loops, driven by turns in this thread; WireGuard; two addresses of a client. */
function serve() {
  const all = new Counters(SHAPE);
  const engines = linesBetween(2, SHAPE.paths).map((loops, number) => {
    const counters = new Counters(SHAPE, all.shared, number);
    const core = new Relay({ ...RELAY, counters });
    const engine = new LinuxEngine({ core, counters, loops, onNotice() {}, onWake() {} });
    core.serve({
      outlets: engine,
      limits: LIMITS,
      loops: { ...loops!, neighbours: engine },
      onPathOpened() {},
      onPathClosed() {},
      onSessionConfirmed() {},
      onSessionClosed() {},
    });
    open.push(() => end(engine));
    return engine;
  });
  const wireguard = new RawUdp();
  for (const engine of engines) engine.setUpstream(wireguard.address);
  const listening = opened((answer) =>
    engines[0]!.listen('network', { address: '127.0.0.1', port: 0 }, answer),
  );
  const clients = [new RawUdp(), new RawUdp()].map((it) => it.connect(listening));
  for (const it of [wireguard, ...clients]) open.push(() => it.close());
  /** Lets both loops run until something holds; gives up after some seconds. */
  const turn = (holds: () => unknown) => {
    const deadline = performance.now() + 3_000;
    for (let i = 0; i < 3 || !holds(); i++) {
      if (performance.now() > deadline) throw new Error(`Still not so after 3 s: ${holds}`);
      for (const engine of engines) engine.turn(0);
    }
  };
  return { engines, counters: all, turn, wireguard, clients };
}

async function end(engine: LinuxEngine): Promise<void> {
  engine.stop();
  await engine.run();
  close(engine.wakeFd);
}

function handshake(type: number, lengthBytes: number, senderIndex: number): Buffer {
  const datagram = Buffer.alloc(lengthBytes);
  datagram.writeUInt32LE(type, 0);
  datagram.writeUInt32LE(senderIndex, 4);
  return datagram;
}
