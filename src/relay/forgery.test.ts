/**
 * An attacker on one of three paths who knows everything in advance: races, replays, corrupts, pre-sends,
 * floods. Whatever he does, each genuine packet that came on any path is passed on, byte for byte, and a copy
 * is dropped only after an identical one was passed on.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrival, fill, lastingBatch } from '../../test/sockets/datagrams.ts';
import { Counters, DROP } from '../net/index.ts';
import { Relay } from './index.ts';

const PATHS = 3;
const ATTACKER = 2;
const NOW_MS = 1_700_000_000_000;
const RING_BYTES = 2 << 20;
const INDEX = 0x1234_5678;
const LENGTHS = [148, 92, 64] as const; // of message types 1, 2 and 3
const EDGES = [0n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n];
const FILLER_BYTES = 65_000;

/** One thing that happens. `packet` is a number of a genuine packet, taken modulo how many there are. */
type Step =
  | { is: 'genuine'; packet: number; path: number }
  | { is: 'corrupted'; packet: number; at: number; flip: number }
  | { is: 'pre-sent'; packet: number; body: number; lengthBytes: number }
  | { is: 'other counter'; packet: number; counter: bigint }
  | { is: 'crowd'; count: number }
  | { is: 'pause'; ms: number };

const packet = fc.nat(7);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ is: fc.constant('genuine'), packet, path: fc.nat(PATHS - 1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('corrupted'),
      packet,
      at: fc.nat(200),
      flip: fc.integer({ min: 1, max: 255 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant('pre-sent'),
      packet,
      body: fc.nat(2),
      lengthBytes: fc.constantFrom(0, 32, 33, 64, 148, 1452),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      is: fc.constant('other counter'),
      packet,
      counter: fc.oneof(fc.constantFrom(...EDGES), fc.bigInt(0n, 2n ** 64n - 1n)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('crowd'), count: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ is: fc.constant('pause'), ms: fc.constantFrom(1, 40, 300, 1_100, 5_000) }),
  },
) as fc.Arbitrary<Step>;

const schedule = fc.record({
  /** Types of the genuine packets; consecutive counters from here. */
  types: fc.array(fc.constantFrom(1, 2, 3, 4, 4, 4, 4), { minLength: 1, maxLength: 8 }),
  firstCounter: fc.constantFrom(0n, 7n, 2n ** 32n - 2n, 2n ** 53n - 2n, 2n ** 64n - 9n),
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
  /** How many datagrams come in one batch, and how many of those in one message. */
  perBatch: fc.integer({ min: 1, max: 6 }),
  perMessage: fc.integer({ min: 1, max: 3 }),
});

const batches = {
  none: lastingBatch(1_000),
  tight: lastingBatch(RING_BYTES),
  growing: lastingBatch(RING_BYTES * 4),
};

describe('Relay, under attack on one path', { timeout: 60_000 }, () => {
  for (const [room, batch] of Object.entries(batches)) {
    it(`passes every genuine packet on and drops nothing but copies (room to keep bytes: ${room})`, () => {
      const property = fc.property(schedule, (it) => {
        const { arrived, passed } = play(it, batch, true);
        for (const hex of arrived) expect(passed).toContain(hex);
      });
      fc.assert(property, { numRuns: 2_000 });
    });
  }

  it('passes everything on when it does not deduplicate', () => {
    const property = fc.property(schedule, (it) => {
      expect(play(it, batches.tight, false).dropped).toBe(0);
    });
    fc.assert(property, { numRuns: 500 });
  });

  it('ends late copies where nobody attacks: each packet is passed on once', () => {
    const peaceful = schedule.map((it) => ({ ...it, steps: it.steps.filter(({ is }) => is === 'genuine') }));
    const property = fc.property(peaceful, (it) => {
      const { arrived, passedCount } = play(it, batches.tight, true);
      expect(passedCount).toBe(arrived.size);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

function play(
  { types, firstCounter, steps, perBatch, perMessage }: Schedule,
  batch: typeof batches.none,
  deduplicate: boolean,
) {
  const relay = new Relay({
    counters: new Counters({ paths: PATHS, sessions: 1 }),
    maxDatagramBytes: 65_507,
    maxPathsPerSession: PATHS,
    deduplicate,
    protocol: 'wireguard',
  });
  for (let path = 0; path < PATHS; path++) relay.openPath(path);
  const genuine = types.map((type, i) => genuinePacket(type, firstCounter + BigInt(i), i));
  const arrived = new Set<string>();
  const passed = new Set<string>();
  let passedCount = 0;
  let dropped = 0;
  let nowMs = NOW_MS;
  let waiting: { datagram: Buffer; path: number }[] = [];

  const flush = () => {
    const arrivals: Arrival[] = [];
    for (const { datagram, path } of waiting) {
      const last = arrivals.at(-1);
      const isFull = last === undefined || last.path !== path || last.datagrams.length === perMessage;
      if (isFull) arrivals.push({ path, datagrams: [datagram] });
      else arrivals[arrivals.length - 1] = { path, datagrams: [...last.datagrams, datagram] };
    }
    relay.fromNetwork(fill(batch, arrivals).at(nowMs));
    relay.rest();
    for (const [i, { datagram }] of waiting.entries()) {
      const hex = datagram.length === FILLER_BYTES ? '' : datagram.toString('latin1');
      if (batch.to[i] === DROP) {
        dropped++;
        expect(passed, 'an identical copy was passed on before').toContain(hex);
      } else {
        passedCount++;
        passed.add(hex);
      }
    }
    waiting = [];
    nowMs += 0.3;
  };
  const arrive = (datagram: Buffer, path: number) => {
    waiting.push({ datagram, path });
    if (waiting.length >= perBatch || datagram.length === FILLER_BYTES) flush();
  };

  let fillers = 0;
  for (const it of steps) {
    if (it.is === 'pause') {
      flush();
      nowMs += it.ms;
      relay.tick(nowMs);
    } else if (it.is === 'crowd') {
      for (let i = 0; i < it.count; i++) arrive(filler(fillers++), ATTACKER);
    } else {
      const original = genuine[it.packet % genuine.length]!;
      if (it.is === 'genuine') {
        arrived.add(original.toString('latin1'));
        arrive(original, it.path);
      } else {
        arrive(forged(it, original), ATTACKER);
      }
    }
  }
  flush();
  return { arrived, passed, passedCount, dropped };
}

function genuinePacket(type: number, counter: bigint, i: number): Buffer {
  const datagram = Buffer.alloc(LENGTHS[type - 1] ?? 32 + 16 * i, 0x40 + i);
  datagram.writeUInt32LE(type, 0);
  datagram.writeUInt32LE(INDEX, 4);
  datagram.writeBigUInt64LE(BigInt.asUintN(64, counter), 8);
  return datagram;
}

function forged(it: Exclude<Step, { is: 'genuine' | 'pause' | 'crowd' }>, original: Buffer): Buffer {
  const datagram = Buffer.from(original);
  if (it.is === 'corrupted') {
    datagram[4 + (it.at % (datagram.length - 4))]! ^= it.flip; // anything but the type
    return datagram;
  }
  if (it.is === 'other counter') {
    datagram.writeBigUInt64LE(it.counter, 8);
    return datagram;
  }
  const isData = datagram[0] === 4;
  const length = isData && it.lengthBytes > 0 ? it.lengthBytes : datagram.length;
  const result = Buffer.alloc(length, it.body);
  datagram.copy(result, 0, 0, 16);
  return result;
}

/** Pushes older packets' bytes out of memory. */
function filler(number: number): Buffer {
  const datagram = Buffer.alloc(FILLER_BYTES);
  datagram.writeUInt32LE(4, 0);
  datagram.writeUInt32LE(INDEX ^ 1, 4);
  datagram.writeUInt32LE(number, 8);
  return datagram;
}
