import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Arrival, dataOf, decisions, fill, lastingBatch } from '../../test/sockets/datagrams.ts';
import { StrictOutlets } from '../../test/sockets/strict-outlets.ts';
import { Counters, R } from '../net/index.ts';
import { Relay } from './index.ts';

const SHAPE = { sessions: 5, paths: 12 };
const LIMITS = { maxSessions: 4, maxUnconfirmedSessions: 3, newAddressesPerSecond: 50, pathTimeoutMs: 2_000 };
const NOW_MS = 1_700_000_000_000;

/** Data packets with consecutive counters, one of them perhaps with other bytes than its copies. */
const run = fc
  .record({
    index: fc.nat(2),
    counter: fc.nat(12),
    length: fc.integer({ min: 1, max: 5 }),
    forged: fc.option(fc.nat(4)),
  })
  .map(({ index, counter, length, forged }) =>
    Array.from({ length }, (_, i) => dataOf(index, BigInt(counter + i), i === forged ? 1 : 0)),
  );
const hostOf = (n: number) => ({ address: `192.0.2.${n >> 1}`, port: n });
const host = fc.nat(5).map(hostOf);
const arrival = fc.record({
  from: host,
  datagrams: fc.array(run, { minLength: 1, maxLength: 2 }).map((runs) => runs.flat()),
});
type Step = { arrivals: Arrival[] } | { answer: number } | { ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ arrivals: fc.array(arrival, { minLength: 1, maxLength: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ answer: fc.nat(SHAPE.sessions - 1) }) },
  { weight: 2, arbitrary: fc.record({ ms: fc.constantFrom(1, 3, 300, 1_100) }) },
);

/** A client with three paths, known for long enough that nothing is to be found out about them any more. */
const OPENING: Step[] = [
  ...threePaths(100),
  { answer: 0 },
  { ms: 300 },
  ...threePaths(200),
  { ms: 300 },
  ...threePaths(300),
];

/** Data packets from a host, each by its index and counter. */
function of(n: number, ...packets: `${number}/${number}`[]): Arrival {
  return {
    from: hostOf(n),
    datagrams: packets.map((it) => {
      const [index, counter] = it.split('/').map(Number);
      return dataOf(index!, BigInt(counter!));
    }),
  };
}

function threePaths(counter: number): { arrivals: Arrival[] }[] {
  const datagrams = Array.from({ length: 10 }, (_, i) => dataOf(0, BigInt(counter + i)));
  return [0, 2, 4].map((n) => ({ arrivals: [{ from: hostOf(n), datagrams }] }));
}

/** What chance seldom finds: where the second datagram of a message must ask for itself. */
const RARE: [boolean, Step[]][] = [
  // The first proved that its address is the client's, so that the second teaches the server an index.
  [
    false,
    [
      { arrivals: [of(0, '2/0', '0/0')] },
      { arrivals: [of(3, '0/0'), of(0, '0/0')] },
      { arrivals: [of(3, '1/0'), of(0, '0/0')] },
      { answer: 1 },
      { arrivals: [of(4, '0/1'), of(4, '1/0', '1/1'), of(0, '1/0')] },
    ],
  ],
  // Their session has no place for their path, and each is counted.
  [
    false,
    [
      { arrivals: [of(4, '1/0'), of(1, '0/0')] },
      { answer: 0 },
      { arrivals: [of(0, '1/1', '1/2')] },
      { arrivals: [of(5, '1/1', '1/2', '0/0'), of(0, '0/0')] },
      { arrivals: [of(2, '1/0', '1/1'), of(0, '0/0')] },
    ],
  ],
  // The eighth replaces the old port of its host, which from then on can lose nothing.
  [
    false,
    [
      { arrivals: [of(0, '0/0')] },
      { ms: 1 },
      { answer: 0 },
      { arrivals: [of(1, '0/0')] },
      { ms: 1_100 },
      { arrivals: [of(1, '0/0', '0/1', '0/2', '0/3', '0/4', '0/3', '0/4', '0/5'), of(0, '0/0')] },
    ],
  ],
];

it.each([{ deduplicate: true }, { deduplicate: false }])(
  'counts and decides messages of many datagrams as it does one by one (deduplicate: $deduplicate)',
  ({ deduplicate }) => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { minLength: 1, maxLength: 30 }), (isOpen, steps) => {
        const together = serverOf(deduplicate);
        const apart = serverOf(deduplicate);
        let nowMs = NOW_MS;
        for (const it of isOpen ? [...OPENING, ...steps] : steps) {
          if ('ms' in it) {
            nowMs += it.ms;
          } else if ('answer' in it) {
            for (const server of [together, apart]) server.answer(it.answer, nowMs);
          } else {
            const expected = apart.receive(it.arrivals.flatMap(oneByOne), nowMs);
            expect(together.receive(it.arrivals, nowMs)).toEqual(expected.filter((_, i) => i % 2 === 0));
          }
        }
        for (const { relay } of [together, apart]) relay.tick(nowMs + 1_500);
        expect(together.counters.values[R.malformedFromNetwork]).toBe(0);
        apart.counters.values[R.malformedFromNetwork] = 0;
        for (const [column, value] of together.counters.values.entries()) {
          expect(value, `column ${column}`).toBeCloseTo(apart.counters.values[column]!, 6);
        }
      }),
      { numRuns: 300, examples: RARE },
    );
  },
  60_000,
);

/** Each datagram in a message of its own, and something between them that is no WireGuard's. */
function oneByOne({ datagrams, ...rest }: Arrival): Arrival[] {
  return datagrams.flatMap((datagram) => [
    { ...rest, datagrams: [datagram] },
    { ...rest, datagrams: [new Uint8Array(1)] },
  ]);
}

function serverOf(deduplicate: boolean) {
  const counters = new Counters(SHAPE);
  const outlets = new StrictOutlets();
  const batch = lastingBatch(2 << 20);
  const options = { maxDatagramBytes: 2_000, maxPathsPerSession: 3, protocol: 'wireguard' } as const;
  const relay = new Relay({ ...options, counters, deduplicate });
  relay.serve({
    outlets,
    limits: LIMITS,
    onPathOpened: () => {},
    onPathClosed: () => {},
    onSessionConfirmed: () => {},
    onSessionClosed: () => {},
  });
  return {
    counters,
    relay,
    receive(arrivals: readonly Arrival[], nowMs: number): number[] {
      relay.fromNetwork(fill(batch, arrivals).at(nowMs));
      relay.rest();
      return decisions(batch);
    },
    answer(session: number, nowMs: number): void {
      if (outlets.sessions.has(session)) {
        relay.fromWireguard(session, fill(batch, [{ datagrams: [dataOf(9, 0n)] }]).at(nowMs));
      }
    },
  };
}
