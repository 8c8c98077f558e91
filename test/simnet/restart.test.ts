// What a tunnel survives: a server's relay that restarts in mid-traffic, long silence, a merge, and the end of
// sessions.
import { describe, expect, it } from 'vitest';
import { expectNothingLost, linksOf, type SimClient, World } from './index.ts';

const FAST = { delayMs: 1 };

describe('a server restarted in mid-traffic', { timeout: 60_000 }, () => {
  it('carries the tunnel on without a handshake, and loses only what came while it was away', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [FAST, { delayMs: 10 }, { delayMs: 25 }]) });
    const { handshakes, initiationsSent } = client.endpoint.counters;
    client.talk(5, 4_000);
    world.clock.run(1_000);
    const downMs = world.clock.nowMs;
    world.server.stop();
    world.clock.run(200);
    world.server.start();
    const upMs = world.clock.nowMs;
    world.clock.run(4_000);
    expect(client.endpoint.counters).toMatchObject({ handshakes, initiationsSent });
    expectLostWithin(client, downMs - 30, upMs + 10);
    expect(world.server.openSockets()).toBe(1);
    expect(world.server.addresses()).toHaveLength(3);
    expect(world.server.counters.relay('unconfirmedSessions')).toBe(0);
  });

  it('loses nothing at all when it is away for no time', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0, [FAST, { delayMs: 10 }, { delayMs: 25 }]) });
    client.talk(20, 3_000);
    world.clock.run(1_005); // between two packets
    world.server.stop();
    world.server.start();
    world.clock.run(3_000);
    expect(client.up.lost()).toEqual([]);
    // WireGuard's answers go to the old socket until the next packet has told it the new one.
    expect(client.down.lost().length).toBeLessThanOrEqual(1);
  });

  it('serves all clients again that were there', () => {
    const world = new World();
    const clients = Array.from({ length: 20 }, (_, n) => world.addSettledClient({ links: linksOf(n) }));
    for (const client of clients) client.talk(20, 3_000);
    world.clock.run(1_000);
    const downMs = world.clock.nowMs;
    world.server.stop();
    world.clock.run(100);
    world.server.start();
    const upMs = world.clock.nowMs;
    world.clock.run(3_500);
    // Not one link's delay longer: the first copy of the fastest link is enough.
    for (const client of clients) expectLostWithin(client, downMs - 110, upMs + 40);
    expect(world.server.openSockets()).toBe(20);
    expect(world.server.addresses()).toHaveLength(60);
  });

  it('in the middle of a rekey, with two key pairs in use, becomes one session again', () => {
    const world = new World();
    const timers = { rekeyAfterMs: 1_000, rejectAfterMs: 5_000, rekeyTimeoutMs: 200, jitterMs: 0 };
    for (let afterMs = 0; afterMs < 100; afterMs += 9) {
      const client = world.addSettledClient({ links: linksOf(0), timers });
      client.talk(5, 5_000);
      world.clock.run(1_000 + afterMs);
      const downMs = world.clock.nowMs;
      world.server.stop();
      world.server.start();
      world.clock.run(6_000);
      expectLostWithin(client, downMs - 110, downMs + 250);
      const got = client.links.map(({ address }) => world.server.account(address).lastGotMs);
      expect(Math.max(...got) - Math.min(...got)).toBe(0);
      for (const link of client.links) world.detach(link.address);
      client.endpoint.close();
      client.peer.close();
      world.server.stop();
      world.server.start();
    }
  });
});

describe('a silent tunnel', () => {
  it('brings a packet through after a minute, and an answer much longer than it', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    world.clock.run(60_000);
    expect(world.server.addresses()).toEqual([]); // forgotten after clientTimeout
    client.sendUp(60);
    world.clock.run(100);
    for (let i = 0; i < 50; i++) client.sendDown(1_300);
    world.clock.run(500);
    expectNothingLost(client);
    expect(client.endpoint.counters.handshakes).toBe(1);
    expect(world.server.openSockets()).toBe(1);
  });

  it('ends as a session when WireGuard would not take its keys any more', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0), timers: { keepaliveMs: 1e9 } });
    world.clock.run(185_000);
    expect(world.server.openSockets()).toBe(1);
    world.clock.run(15_000);
    expect(world.server.openSockets()).toBe(0);
    expect(world.server.counters.relay('sessions')).toBe(0);
    client.sendUp();
    world.clock.run(500);
    expectNothingLost(client);
  });
});

function expectLostWithin({ up, down }: SimClient, fromMs: number, toMs: number): void {
  for (const { lost, sentAtMs } of [up, down].map((it) => ({ lost: it.lost(), sentAtMs: it.sentAtMs }))) {
    const outside = lost.map((i) => sentAtMs[i]!).filter((atMs) => atMs < fromMs || atMs > toMs);
    expect(outside.map((atMs) => atMs - toMs)).toEqual([]);
  }
}
