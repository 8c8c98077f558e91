/**
 * A server's relay under whatever may arrive, from either side and in any order: no exception, no endless
 * loop, and its books always agree with what it told its engine.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOf, fill, lastingBatch } from '../../test/sockets/datagrams.ts';
import { StrictOutlets } from '../../test/sockets/strict-outlets.ts';
import { Counters, DROP, type Outlets } from '../net/index.ts';
import { Relay } from './index.ts';

const LIMITS = { maxSessions: 4, maxUnconfirmedSessions: 3, newAddressesPerSecond: 50, pathTimeoutMs: 2_000 };
const SHAPE = { sessions: 5, paths: 12 };
const MOST_PER_SESSION = 3;
const NOW_MS = 1_700_000_000_000;
const LENGTHS: Record<number, number> = { 1: 148, 2: 92, 3: 64 };

const index = fc.constantFrom(0, 1, 2, 3, 0xffff_fffe, 0xffff_ffff);
const counter = fc.constantFrom(
  0n,
  1n,
  2n,
  255n,
  9_999n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 2n,
  2n ** 64n - 1n,
);
const shaped = fc
  .record({
    type: fc.constantFrom(1, 2, 3, 4, 4, 4),
    index,
    counter,
    data: fc.constantFrom(32, 33, 64, 1_452),
  })
  .map(({ type, index: first, counter: rest, data }) => {
    const datagram = Buffer.alloc(LENGTHS[type] ?? data);
    datagram.writeUInt32LE(type, 0);
    datagram.writeUInt32LE(first, 4);
    datagram.writeBigUInt64LE(rest, 8);
    return datagram;
  });
/** A message cut short or grown, a reserved byte set, or no message at all. */
const misshapen = fc.oneof(
  fc.tuple(shaped, fc.nat(160)).map(([datagram, length]) => datagram.subarray(0, length)),
  fc.tuple(shaped, fc.integer({ min: 1, max: 3 })).map(([datagram, at]) => {
    const copy = Buffer.from(datagram);
    copy[at] = 1;
    return copy;
  }),
  fc.uint8Array({ maxLength: 64 }),
  fc.constant(Buffer.alloc(3_000, 4)),
);
const datagrams = fc.array(fc.oneof({ weight: 6, arbitrary: shaped }, misshapen), {
  minLength: 1,
  maxLength: 4,
});
const host = fc.nat(7).map((n) => ({ address: `192.0.2.${n >> 1}`, port: n }));

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      is: fc.constant('network' as const),
      arrivals: fc.array(fc.record({ from: host, datagrams }), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('wireguard' as const),
      session: fc.nat(SHAPE.sessions - 1),
      datagrams,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('time' as const),
      ms: fc.constantFrom(1, 300, 1_100, 2_100, 16_000, 200_000),
    }),
  },
);

describe('Relay as a server, whatever arrives', { timeout: 60_000 }, () => {
  it.each([{ protocol: 'wireguard' as const }, { protocol: 'any' as const }])(
    'keeps its books and its limits (protocol: $protocol)',
    ({ protocol }) => {
      const batch = lastingBatch(2 << 20);
      const property = fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const engine = new StrictOutlets();
        const counters = new Counters(SHAPE);
        const relay = serverOf(engine, counters, protocol);
        let nowMs = NOW_MS;
        for (const it of steps) {
          if (it.is === 'time') {
            nowMs += it.ms;
            relay.tick(nowMs);
          } else if (it.is === 'network') {
            relay.fromNetwork(fill(batch, it.arrivals).at(nowMs));
            engine.expectDelivered(batch);
            relay.rest();
          } else if (engine.sessions.has(it.session)) {
            relay.fromWireguard(it.session, fill(batch, [{ datagrams: it.datagrams }]).at(nowMs));
            engine.expectTargets([...relay.targets.subarray(0, relay.targetCount)], MOST_PER_SESSION);
          }
          engine.expectWithin(LIMITS.maxSessions, SHAPE.paths);
        }
        expect(counters.values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
        relay.tick(nowMs + 500_000);
        expect(engine.sessions.size + engine.paths.size).toBe(0);
      });
      fc.assert(property, { numRuns: 1_000 });
    },
  );

  it('delivers nothing to a session that makes room within the batch', () => {
    const engine = new StrictOutlets();
    const relay = serverOf(engine, new Counters(SHAPE), 'wireguard');
    const from = (port: number) => ({ address: '192.0.2.1', port });
    const handshake = (index: number) => {
      const datagram = Buffer.alloc(148);
      datagram.set([1, 0, 0, 0, index]);
      return datagram;
    };
    const ports = [1, 2, 3];
    for (const port of ports) {
      relay.fromNetwork(batchOf([{ from: from(port), datagrams: [handshake(port)] }]).at(NOW_MS));
      relay.rest();
    }
    const again = ports.map((port) => ({ from: from(port), datagrams: [handshake(port + 10)] }));
    const batch = batchOf([...again, { from: from(4), datagrams: [handshake(4)] }]);
    relay.fromNetwork(batch.at(NOW_MS + 1_100));
    engine.expectDelivered(batch);
    // The newcomer has the number of the one that made room, and only its own datagram.
    const [newcomer] = batch.to.subarray(3, 4);
    expect(newcomer).not.toBe(DROP);
    expect([...batch.to.subarray(0, 3)].filter((to) => to === DROP || to === newcomer)).toEqual([DROP]);
  });

  it('opens nothing for any type cut at any length, or with a reserved byte set', () => {
    const engine = new StrictOutlets();
    const counters = new Counters(SHAPE);
    const relay = serverOf(engine, counters, 'wireguard');
    const from = { address: '192.0.2.1', port: 1 };
    let sent = 0;
    const send = (datagram: Buffer) => {
      const batch = batchOf([{ from, datagrams: [datagram] }]);
      relay.fromNetwork(batch.at(NOW_MS));
      relay.rest();
      expect(batch.to[0]).toBe(DROP);
      sent++;
    };
    for (const [type, whole] of [
      [1, 148],
      [2, 92],
      [3, 64],
      [4, 32],
    ] as const) {
      const datagram = Buffer.alloc(200, 0xa5);
      datagram.writeUInt32LE(type, 0);
      const isWrong = (length: number) => (type === 4 ? length < whole : length !== whole);
      for (let length = 0; length <= 200; length++) if (isWrong(length)) send(datagram.subarray(0, length));
      for (const at of [1, 2, 3]) {
        const marked = Buffer.from(datagram.subarray(0, whole));
        marked[at] = 0x80;
        send(marked);
      }
    }
    expect(counters.relay('malformedFromNetwork')).toBe(sent);
    expect(engine.sessions.size + engine.paths.size).toBe(0);
  });
});

function serverOf(outlets: Outlets, counters: Counters, protocol: 'wireguard' | 'any'): Relay {
  const relay = new Relay({
    counters,
    maxDatagramBytes: 2_000,
    maxPathsPerSession: MOST_PER_SESSION,
    deduplicate: true,
    protocol,
  });
  relay.serve({
    outlets,
    limits: LIMITS,
    onPathOpened: () => {},
    onPathClosed: () => {},
    onSessionConfirmed: () => {},
    onSessionClosed: () => {},
  });
  return relay;
}
