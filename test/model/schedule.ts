/**
 * What may happen, as data: schedules are made by chance, made smaller when one breaks a promise, printed, and kept
 * in regressions/ as JSON. What each step does is play.ts's; numbers out of range are taken modulo what there is.
 */
import fc from 'fast-check';

export interface Setup {
  /** How many links each client has. */
  readonly links: readonly number[];
  /** The server knows WireGuard's public key and checks mac1. */
  readonly hasKey: boolean;
  readonly deduplicate: boolean;
  /** Memory for the bytes of first copies: none, the least the filter uses, more. */
  readonly keep: 'none' | 'least' | 'more';
  /** `tight`: so few places and newcomers that floods and bad luck fill them. */
  readonly limits: 'ample' | 'tight';
  readonly maxPathsPerSession: number;
  /** Links of a client come from one IP address: they are behind the same NAT. */
  readonly isOneHost: boolean;
  readonly clientTimeoutMs: number;
}

/** By link, what becomes of its copy: ms it takes, or -1 for lost. Shorter than the links: starts again. */
type Via = readonly number[];

/** Where an attacker's datagram seems to come from; see `origin()` in play.ts. */
export type Origin = 'own' | 'neighbour' | 'link' | 'server';

export type Step =
  /** Packets of WireGuard's, `gapMs` apart. Without keys it asks for some instead. */
  | { do: 'up' | 'down'; client: number; count: number; gapMs: number; bytes: number; via: Via }
  | { do: 'rekey'; client: number; by: 'client' | 'server'; via: Via }
  | { do: 'wait'; ms: number }
  /** An interface goes or comes. `renew`: it is made anew, the new socket first. */
  | { do: 'toggle' | 'renew'; client: number; link: number }
  | { do: 'rebind'; client: number; link: number; to: 'port' | 'host' | 'swap' }
  | { do: 'restart'; what: 'server' | 'client' | 'client WireGuard' | 'server WireGuard'; client: number }
  /** WireGuard is busy from now on, or no longer: answers handshakes with cookies. */
  | { do: 'busy' }
  /** Somebody who sees each client's first link sends what he saw again, or something made of it. */
  | {
      do: 'attack';
      what: 'replay' | 'body' | 'length' | 'counter' | 'initiation' | 'response' | 'crowd';
      /** Which of the datagrams he saw, the latest first. */
      nth: number;
      from: Origin;
      host: number;
      afterMs: number;
      count: number;
    }
  /** Anybody: WireGuard's shapes with numbers of his choice, or no shape at all. */
  | { do: 'noise'; type: number; index: number; counter: string; bytes: number; from: Origin; host: number }
  /** Many strangers, each from an address of his own. */
  | { do: 'flood'; what: 'data' | 'initiation' | 'proved'; count: number; withinMs: number };

export interface Schedule {
  readonly setup: Setup;
  readonly steps: readonly Step[];
}

const client = fc.nat(2);
const link = fc.nat(3);
const host = fc.nat(3);
const via = fc.array(fc.constantFrom(1, 1, 5, 5, 20, 60, 300, -1, -1), { minLength: 1, maxLength: 4 });
const bytes = fc.constantFrom(32, 32, 48, 100, 161, 1_452);
const count = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.integer({ min: 4, max: 12 }) },
);
const gapMs = fc.constantFrom(0, 0, 5, 40, 100);
const origin = fc.constantFrom<Origin>('own', 'own', 'own', 'neighbour', 'link', 'server');
const counter = fc.constantFrom('0', '1', '9999', '4294967296', '9007199254740994', '18446744073709551615');

const talk: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom('up', 'down'),
  client,
  count,
  gapMs,
  bytes,
  via,
});
const life: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('rekey'), client, by: fc.constantFrom('client', 'server'), via }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(1, 10, 50, 300, 1_100, 4_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(12_000, 31_000, 200_000) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('toggle', 'toggle', 'renew'), client, link }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('rebind'),
      client,
      link,
      to: fc.constantFrom('port', 'host', 'swap'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('restart'),
      what: fc.constantFrom('server', 'server', 'client', 'client WireGuard', 'server WireGuard'),
      client,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('busy') }) },
) as fc.Arbitrary<Step>;
const attack: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('attack'),
      what: fc.constantFrom(
        'replay',
        'replay',
        'replay',
        'body',
        'body',
        'length',
        'counter',
        'initiation',
        'response',
      ),
      nth: fc.oneof(fc.nat(3), fc.nat(40)),
      from: origin,
      host,
      afterMs: fc.constantFrom(0, 0, 0, 2, 30, 1_500),
      count,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('noise'),
      type: fc.constantFrom(0, 1, 2, 3, 4, 4, 4),
      index: fc.constantFrom(0, 1, 2, 3, 0xffff_ffff),
      counter,
      bytes: fc.constantFrom(0, 0, 31, 32, 148, 3_000, 65_507),
      from: origin,
      host,
    }),
  },
) as fc.Arbitrary<Step>;
/** Pushes the filter's memory out: so much work that it must be rare. */
const crowd = fc.record({
  do: fc.constant('attack'),
  what: fc.constant('crowd'),
  nth: fc.nat(3),
  from: fc.constant('own'),
  host,
  afterMs: fc.constant(0),
  count: fc.integer({ min: 30, max: 40 }),
}) as fc.Arbitrary<Step>;
const flood: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('flood'),
  what: fc.constantFrom('data', 'initiation', 'proved'),
  count: fc.integer({ min: 1, max: 40 }),
  withinMs: fc.constantFrom(0, 50, 1_500),
});

const setup = (limits: fc.Arbitrary<'ample' | 'tight'>): fc.Arbitrary<Setup> =>
  fc.record({
    links: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    hasKey: fc.boolean(),
    deduplicate: fc.constantFrom(true, true, true, false),
    keep: fc.constantFrom('least', 'least', 'more', 'none'),
    limits,
    maxPathsPerSession: fc.constantFrom(3, 3, 16),
    isOneHost: fc.constantFrom(false, false, false, true),
    clientTimeoutMs: fc.constantFrom(2_000, 30_000),
  });

const ample = fc.constant('ample' as const);
const steps = (...kinds: { weight: number; arbitrary: fc.Arbitrary<Step> }[]) =>
  fc.array(fc.oneof({ weight: 8, arbitrary: talk }, { weight: 3, arbitrary: life }, ...kinds), {
    minLength: 1,
    maxLength: 30,
    size: 'max',
  });

/** Bad links only; somebody who attacks; strangers who fill every place. */
export const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ setup: setup(ample), steps: steps() }) },
  {
    weight: 50,
    arbitrary: fc.record({ setup: setup(ample), steps: steps({ weight: 7, arbitrary: attack }) }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      setup: setup(fc.constantFrom('tight', 'tight', 'ample')),
      steps: steps({ weight: 2, arbitrary: flood }, { weight: 3, arbitrary: attack }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      setup: setup(ample),
      steps: steps({ weight: 2, arbitrary: attack }, { weight: 1, arbitrary: crowd }),
    }),
  },
);
