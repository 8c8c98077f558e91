// What the relay counts about each link, against the plainest account of what arrived when.
import { describe, expect, it } from 'vitest';
import { latenessBucketStartUs } from '../../src/relay/index.ts';
import { addressOf, type ClientLink, type LinkQuality, linksOf, type SimClient, World } from './index.ts';

const BAD: LinkQuality[] = [
  { delayMs: 5, jitterMs: 3, loss: 0.02, duplication: 0.01 },
  { delayMs: 9, jitterMs: 40, loss: 0.2, duplication: 0.05 },
  { delayMs: 30, jitterMs: 100, loss: 0.5 },
  { delayMs: 300, jitterMs: 200, loss: 0.1 },
];

describe('a link’s figures', () => {
  it.each([1, 2, 3])('agree with a list of all arrivals (seed %i)', (seed) => {
    const { client, books, since } = measured(BAD, seed);
    const packets = [...books.values()].slice(since.packets);
    const all = [...books.values()];
    BAD.forEach((_, link) => {
      const lateness = all.flatMap((copies) =>
        copies.filter((it) => it.link === link).map((it) => it.afterMs),
      );
      const isHere = (copies: Copy[]) => copies.some((it) => it.link === link);
      expect(difference(of(client, link), since.figures[link]!)).toEqual({
        first: packets.filter((copies) => copies[0]!.link === link).length,
        late: packets.flatMap((copies) => copies.slice(1).filter((it) => it.link === link)).length,
        differing: 0,
        delivered: packets.filter(isHere).length,
        lost: packets.filter((copies) => !isHere(copies)).length,
        rescued: packets.filter((copies) => copies.every((it) => it.link === link)).length,
      });
      expectQuantiles(client, link, lateness);
    });
  });

  it('agree with what the link really dropped', () => {
    const { lostOn } = measured([{ delayMs: 5 }, { delayMs: 20, jitterMs: 10, loss: 0.1 }], 4);
    expect(lostOn(0)).toEqual({ counted: 0, really: 0 });
    const { counted, really } = lostOn(1);
    expect(counted).toBe(really);
    expect(really).toBeGreaterThan(80);
  });

  it('tell the longest silence', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [{ delayMs: 5 }, { delayMs: 10 }]) });
    client.talk(10, 6_000);
    world.clock.run(1_000);
    client.links[1]!.down.quality.isCut = true;
    world.clock.run(2_000);
    client.links[1]!.down.quality.isCut = false;
    world.clock.run(5_000);
    expect(Math.abs(client.counters.path(1, 'longestSilenceMs') - 2_000)).toBeLessThanOrEqual(20);
    expect(client.counters.path(0, 'longestSilenceMs')).toBe(0);
  });

  it('no link is better for being asked first', () => {
    const { client } = measured([{ delayMs: 5 }, { delayMs: 5 }, { delayMs: 5 }], 5);
    const firsts = [0, 1, 2].map((link) => client.counters.path(link, 'first'));
    expect(Math.max(...firsts) - Math.min(...firsts)).toBeLessThanOrEqual(20);
  });
});

describe('a link that has delivered nothing yet', () => {
  it('is not blamed for what the others bring', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [{ delayMs: 5 }]) });
    client.talk(10, 6_000);
    const link = client.addLink({ ...linksOf(0, [{ delayMs: 5 }, { delayMs: 400 }])[1]! });
    world.clock.run(2_000); // a round trip takes 800 ms; what came meanwhile is settled a second later
    expect(client.counters.path(1, 'lost')).toBe(0);
    expect(client.counters.path(1, 'delivered')).toBeGreaterThan(0);
    link.down.quality.isCut = true;
    world.clock.run(2_000);
    expect(client.counters.path(1, 'lost')).toBeGreaterThan(50);
  });
});

describe('a session’s figures', () => {
  it.each([1, 2, 3])('agree with a list of all arrivals, for every set of links (seed %i)', (seed) => {
    const { client, books } = measured(BAD, seed);
    const { values } = client.counters;
    for (let set = 1; set < 16; set++) {
      const isSet = (copies: Copy[]) => copies.reduce((bits, { link }) => bits | (1 << link), 0) === set;
      const expected = [...books.values()].filter(isSet).length;
      expect(values[client.counters.patternBlock(0) + set]).toBe(expected);
    }
    expect(client.counters.session(0, 'settled')).toBe(books.size);
    expect(client.counters.session(0, 'packets')).toBe(books.size);
  });

  it.each([1, 2, 3])('tell how many packets no link brought (seed %i)', (seed) => {
    const { client } = measured(
      [
        { delayMs: 5, loss: 0.2 },
        { delayMs: 20, jitterMs: 30, loss: 0.3 },
      ],
      seed,
    );
    expect(client.down.lost().length).toBeGreaterThan(30);
    expect(client.counters.session(0, 'lost')).toBe(client.down.lost().length);
  });

  it('tell the server’s side the same', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [{ delayMs: 5 }, { delayMs: 20 }]) });
    for (const { up } of client.links) up.quality.loss = 0.2;
    client.talk(5, 5_000);
    world.clock.run(5_000);
    for (const { up } of client.links) up.quality.loss = 0;
    client.talk(5, 2_000);
    world.clock.run(5_000);
    const { counters } = world.server;
    expect(client.up.lost().length).toBeGreaterThan(20);
    expect(counters.session(0, 'lost')).toBe(client.up.lost().length);
    const settled = counters.session(0, 'settled');
    const paths = [0, 1].map((path) => counters.path(path, 'delivered') + counters.path(path, 'lost'));
    expect(settled - Math.min(...paths)).toBeLessThan(10); // what came before the second link did
  });
});

describe('what a forger can do to the figures', () => {
  it('counts at the forger’s own address, and as at most one packet each', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [{ delayMs: 5 }, { delayMs: 9 }]) });
    world.clock.run(2_000);
    const { counters } = world.server;
    let index = 0;
    world.server.onPassed = (datagram) => {
      index = Buffer.from(datagram).readUInt32LE(4);
    };
    client.talk(10, 1_000);
    world.clock.run(500);
    const lost = counters.path(0, 'lost');
    for (let i = 0; i < 100; i++) {
      const forged = Buffer.alloc(64);
      forged.writeUInt32LE(4, 0);
      forged.writeUInt32LE(index, 4);
      forged.writeBigUInt64LE(2n ** 40n + BigInt(i) * 2n ** 32n, 8);
      world.server.receive(forged, addressOf(9, 9));
    }
    world.clock.run(4_000);
    expect(counters.path(0, 'lost') - lost).toBeLessThanOrEqual(100);
    expect(counters.session(0, 'lost')).toBe(0);
    expect(counters.path(0, 'differing') + counters.path(1, 'differing')).toBe(0);
    expect(counters.path(2, 'first')).toBe(100);
  });
});

interface Copy {
  readonly link: number;
  /** After the first. */
  readonly afterMs: number;
}

/** A client that receives a thousand packets over these links, then enough good ones to settle all. */
function measured(qualities: readonly LinkQuality[], seed: number) {
  const world = new World({}, seed);
  const client = world.addClient({
    links: linksOf(
      0,
      qualities.map(({ delayMs = 0 }) => ({ delayMs })),
    ),
  });
  const books = new Map<string, Copy[]>();
  const firstAtMs = new Map<string, number>();
  client.onArrival = (link, datagram) => {
    const key = Buffer.from(datagram.subarray(0, 16)).toString('latin1');
    const atMs = firstAtMs.get(key) ?? world.clock.nowMs;
    firstAtMs.set(key, atMs);
    books.set(key, [...(books.get(key) ?? []), { link, afterMs: world.clock.nowMs - atMs }]);
  };
  client.sendUp();
  world.clock.run(1_000);
  // All addresses have to be the server's before anything is lost.
  for (let i = 0; i < 10; i++) client.sendUp();
  // Nor is a link blamed for anything before it has delivered something.
  client.sendDown();
  world.clock.run(2_000); // everything before is settled then
  const lostBefore = client.links.map(lostNow);
  const since = { packets: books.size, figures: client.links.map((_, link) => of(client, link)) };
  for (const [i, quality] of qualities.entries()) Object.assign(client.links[i]!.down.quality, quality);
  client.talk(5, 5_000);
  world.clock.run(6_000);
  for (const { down } of client.links) Object.assign(down.quality, { loss: 0, duplication: 0 });
  client.talk(5, 2_000);
  world.clock.run(5_000);
  const lostOn = (link: number) => {
    const now = lostNow(client.links[link]!, link);
    const before = lostBefore[link]!;
    return { counted: now.counted - before.counted, really: now.really - before.really };
  };
  return { client, books, since, lostOn };

  function lostNow({ down }: ClientLink, link: number) {
    return { counted: client.counters.path(link, 'lost'), really: down.lost };
  }
}

function of({ counters }: SimClient, link: number): Record<string, number> {
  const columns = ['first', 'late', 'differing', 'delivered', 'lost', 'rescued'] as const;
  return Object.fromEntries(columns.map((column) => [column, counters.path(link, column)]));
}

function difference(now: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(now).map(([column, value]) => [column, value - before[column]!]));
}

/** The bucket in which a quantile of the histogram lies is the one the true quantile lies in. */
function expectQuantiles({ counters }: SimClient, link: number, latenessMs: number[]): void {
  const sorted = latenessMs.map((ms) => ms * 1_000).sort((a, b) => a - b);
  const at = counters.latenessBlock(link);
  for (const share of [0.5, 0.95, 0.99]) {
    const rank = Math.ceil(sorted.length * share);
    let bucket = 0;
    for (let below = 0; ; bucket++) {
      below += counters.values[at + bucket]!;
      if (below >= rank) break;
    }
    // The relay's clock ticks in whole microseconds.
    expect(sorted[rank - 1]).toBeGreaterThanOrEqual(latenessBucketStartUs(bucket) - 1);
    expect(sorted[rank - 1]).toBeLessThanOrEqual(latenessBucketStartUs(bucket + 1) + 1);
  }
}
