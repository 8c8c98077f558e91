// Links that come, go and change their address while a session lasts. Lost packets are counted at the
// endpoints; what the server sends to an address nobody has any more, at the server.
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/net/index.ts';
import { addressOf, expectNothingLost, linksOf, type SimClient, World } from './index.ts';

const SHORT = { rekeyAfterMs: 1_500, rejectAfterMs: 6_000, rekeyTimeoutMs: 300, jitterMs: 0 };
const FAST = { delayMs: 1 };
const SLOW = { delayMs: 50, jitterMs: 5 };
/** From when on a stale address must get nothing. */
const NOTICED_MS = 350;

describe('a link that joins a session', () => {
  it.each([
    { what: 'slower than the others', quality: { delayMs: 150, jitterMs: 20 } },
    { what: 'faster than the others', quality: FAST },
  ])('gets return traffic at once when it is $what', ({ quality }) => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    client.talk(10, 3_000);
    world.clock.run(500);
    const link = client.addLink({ ...quality, address: addressOf(0, 3) });
    world.clock.run(500);
    const before = world.server.account(link.address).gotPackets;
    world.clock.run(1_000);
    expect(world.server.account(link.address).gotPackets - before).toBeGreaterThanOrEqual(100);
    world.clock.run(2_000);
    expectNothingLost(client);
    expect(world.server.openSockets()).toBe(1);
  });

  it('and brings the initiation first makes no second session', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [SLOW, SLOW]), timers: SHORT });
    world.clock.run(2_000); // silent meanwhile, so that the next packet asks for new keys
    const link = client.addLink({ ...FAST, address: addressOf(0, 2) });
    client.endpoint.connect();
    // WireGuard goes on answering to the second session's socket until it hears from the first one's.
    for (let ms = 0; ms < 200; ms += 0.5) world.clock.after(ms, () => client.sendDown());
    world.clock.run(20);
    expect(world.server.counters.relay('sessions')).toBeLessThanOrEqual(2);
    client.talk(5, 4_000);
    world.clock.run(6_000);
    expectNothingLost(client);
    expect(world.server.account(link.address).gotPackets).toBeGreaterThan(1_100);
    // Every path gets everything: they are one session's again.
    const got = client.links.map(({ address }) => world.server.account(address).gotPackets);
    expect(Math.max(...got) - Math.min(...got)).toBeLessThan(90 + 200);
  });

  it('replaces all others when they die at once', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    for (const { up, down } of client.links) up.quality.isCut = down.quality.isCut = true;
    client.addLink({ ...FAST, address: addressOf(0, 3) });
    client.talk(10, 2_000);
    world.clock.run(3_000);
    expectNothingLost(client);
  });
});

describe('a NAT that gives a link a new port', () => {
  it.each([{ jitterMs: 0 }, { jitterMs: 40 }])(
    'one of three links: nothing lost, and the old port gets nothing more (jitter $jitterMs ms)',
    ({ jitterMs }) => {
      const world = new World();
      const qualities = [10, 30, 60].map((delayMs) => ({ delayMs, jitterMs }));
      const client = world.addSettledClient({ links: linksOf(0, qualities) });
      client.talk(10, 4_000);
      world.clock.run(1_000);
      const stale = rebind(client, 1, addressOf(0, 1, 50_000));
      world.clock.run(4_000);
      expectNothingLost(client);
      expectStale(world, stale, jitterMs === 0 ? NOTICED_MS : 2 * NOTICED_MS);
      expect(world.server.addresses().sort()).toEqual(
        client.links.map(({ address }) => formatAddress(address)).sort(),
      );
    },
  );

  it('the only link: nothing is lost but what was on its way, and the old port gets nothing more', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [FAST]) });
    client.talk(10, 4_000);
    world.clock.run(1_000);
    const atMs = world.clock.nowMs;
    const stale = rebind(client, 0, addressOf(0, 0, 50_000));
    world.clock.run(4_000);
    expect(client.up.lost()).toEqual([]);
    expectLostOnlyWithin(client, atMs - 10, atMs + 30);
    expectStale(world, stale, NOTICED_MS);
    expect(world.server.addresses()).toEqual([formatAddress(client.links[0]!.address)]);
  });

  it('again and again: one address at a time', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    client.talk(10, 25_000);
    for (let i = 0; i < 25; i++) {
      rebind(client, i % 3, addressOf(0, i % 3, 50_000 + i));
      world.clock.run(1_000);
      expect(world.server.addresses()).toHaveLength(3);
    }
    world.clock.run(500);
    expectNothingLost(client);
    expect(world.server.counters.relay('pathsExhausted')).toBe(0);
  });

  it('leaves other links behind the same NAT alone, also those that are quiet for a while', () => {
    const world = new World();
    const behind = [1, 2, 3].map((port) => ({ ...SLOW, address: addressOf(0, 0, port) }));
    const client = world.addSettledClient({ links: behind });
    client.talk(10, 3_000);
    world.clock.run(3_500);
    for (let i = 0; i < 20; i++) {
      client.sendUp();
      world.clock.run(700);
    }
    expect(world.server.addresses()).toHaveLength(3);
    client.talk(10, 1_000);
    world.clock.run(2_000);
    expectNothingLost(client);
  });
});

describe('a link whose address changes altogether', () => {
  it('one of three: nothing lost', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    client.talk(10, 3_000);
    world.clock.run(1_000);
    rebind(client, 0, addressOf(9, 9));
    world.clock.run(3_000);
    expectNothingLost(client);
    expect(world.server.account(addressOf(9, 9)).gotPackets).toBeGreaterThan(180);
  });

  it('the only one: as much comes back as goes out from the first packet on, soon everything', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [FAST]) });
    client.talk(10, 3_000);
    world.clock.run(1_000);
    const atMs = world.clock.nowMs;
    rebind(client, 0, addressOf(9, 9));
    world.clock.run(3_000);
    expect(client.up.lost()).toEqual([]);
    expectLostOnlyWithin(client, atMs - 10, atMs + 30);
    world.clock.run(1_000);
    for (let i = 0; i < 10; i++) client.sendDown(1_300);
    world.clock.run(100);
    expectLostOnlyWithin(client, atMs - 10, atMs + 30);
  });

  it('is forgotten after clientTimeout, and before that gets its copies', () => {
    const world = new World({ clientTimeoutMs: 5_000 });
    const client = world.addSettledClient({ links: linksOf(0) });
    client.talk(20, 12_000);
    const { up } = client.links[2]!;
    up.quality.isCut = true;
    const address = formatAddress(client.links[2]!.address);
    world.clock.run(4_500);
    expect(world.server.addresses()).toContain(address);
    world.clock.run(1_500);
    expect(world.server.addresses()).not.toContain(address);
    up.quality.isCut = false;
    world.clock.run(7_000);
    expect(world.server.addresses()).toContain(address);
    expectNothingLost(client);
  });
});

/** Gives a link another address; returns the one it had. */
function rebind(client: SimClient, link: number, address: ReturnType<typeof addressOf>) {
  const it = client.links[link]!;
  const stale = { address: it.address, atMs: client.nowMs };
  client.rebind(it, address);
  return stale;
}

function expectStale(world: World, { address, atMs }: ReturnType<typeof rebind>, withinMs: number): void {
  // Some ms for what was on its way up from the old address, and for the first packet from the new one.
  expect(world.server.account(address).lastGotMs - atMs).toBeLessThan(withinMs);
}

function expectLostOnlyWithin({ down }: SimClient, fromMs: number, toMs: number): void {
  const outside = down.lost().filter((i) => down.sentAtMs[i]! < fromMs || down.sentAtMs[i]! > toMs);
  expect(outside).toEqual([]);
}
