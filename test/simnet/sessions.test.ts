// Who is whose: clients on one port, each with several links, real handshakes, lost packets counted at the
// endpoints.
//
//   endpoint ── client's relay ══ links ══ server's relay ── its own socket ── WireGuard: one peer per client
import { describe, expect, it } from 'vitest';
import { generateKeyPair } from '../../src/wireguard/index.ts';
import { addressOf, expectNothingLost, linksOf, World } from './index.ts';

/** Key pairs last a second and a half instead of two minutes. */
const SHORT = {
  rekeyAfterMs: 1_500,
  rejectAfterMs: 4_000,
  rekeyTimeoutMs: 300,
  keepaliveMs: 500,
  jitterMs: 50,
};
/** Never replaces a key pair by itself. */
const PATIENT = { ...SHORT, rekeyAfterMs: 60_000, rejectAfterMs: 120_000 };

describe('one client on three links', () => {
  it('loses nothing either way, and its WireGuard sees each packet once', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    client.talk(5, 10_000);
    world.clock.run(11_000);
    expectNothingLost(client);
    expect(client.peer.counters.duplicates).toBe(0);
    expect(client.endpoint.counters.duplicates).toBe(0);
    expect(world.server.counters.relay('sessions')).toBe(1);
    expect(world.server.addresses()).toHaveLength(3);
  });

  it('loses nothing while every link drops, doubles and reorders', () => {
    const world = new World();
    const bad = { delayMs: 20, jitterMs: 60, loss: 0.1, duplication: 0.1 };
    const client = world.addSettledClient({ links: linksOf(0, [bad, bad, bad, bad, bad, bad]) });
    client.talk(5, 5_000);
    world.clock.run(6_000);
    const lost = [client.up.lost().length, client.down.lost().length];
    // A thousand packets each way, each lost with a probability of one in a million.
    expect(lost).toEqual([0, 0]);
    expect(client.peer.counters.duplicates).toBe(0);
  });

  it('loses nothing while one link after the other is cut', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    client.talk(10, 9_000);
    for (let i = 0; i < 9; i++) {
      const { up, down } = client.links[i % 3]!;
      up.quality.isCut = true;
      down.quality.isCut = true;
      world.clock.run(700);
      up.quality.isCut = false;
      down.quality.isCut = false;
      world.clock.run(300);
    }
    world.clock.run(1_000);
    expectNothingLost(client);
  });

  it.each([
    { who: 'the client', timers: SHORT, serverTimers: PATIENT },
    { who: 'the server', timers: PATIENT, serverTimers: SHORT },
    { who: 'either side', timers: SHORT, serverTimers: SHORT },
  ])('loses nothing when $who replaces the keys again and again', ({ timers, serverTimers }) => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0), timers, serverTimers });
    // A server that only answers never begins: let it be the one whose keys are oldest first.
    if (serverTimers === SHORT && timers === PATIENT) client.peer.connect();
    client.talk(10, 15_000);
    world.clock.run(16_000);
    expect(client.endpoint.counters.handshakes).toBeGreaterThan(6);
    expectNothingLost(client);
    expect(world.server.addresses()).toHaveLength(3);
    expect(world.server.openSockets()).toBe(1);
  });
});

describe('many clients on one port', () => {
  it('lose nothing, 1,000 of them with three links each', { timeout: 60_000 }, () => {
    const count = 1_000;
    const world = new World({ sessions: 1_024, paths: 4_096, maxUnconfirmedSessions: 1_000 });
    const clients = Array.from({ length: count }, (_, n) =>
      world.addClient({ links: linksOf(n), keepBytes: 0, timers: { jitterMs: 0 } }),
    );
    for (const client of clients) {
      client.sendUp();
      world.clock.run(1);
    }
    world.clock.run(500);
    for (const client of clients) client.talk(100, 1_000);
    world.clock.run(2_000);
    expect(clients.flatMap(({ up, down }) => [...up.lost(), ...down.lost()])).toEqual([]);
    expect(world.server.counters.relay('sessions')).toBe(count);
    expect(world.server.counters.relay('unconfirmedSessions')).toBe(0);
    expect(world.server.addresses()).toHaveLength(3 * count);
  });

  it('get nothing of each other’s, also behind one NAT', () => {
    const world = new World();
    const clients = [0, 1, 2].map((n) =>
      world.addSettledClient({
        // The same three addresses for all; only the ports differ.
        links: linksOf(0).map((link, i) => ({ ...link, address: addressOf(0, i, 1_000 + n) })),
      }),
    );
    for (const client of clients) client.talk(10, 3_000);
    world.clock.run(4_000);
    for (const client of clients) {
      expectNothingLost(client);
      expect(client.endpoint.counters.stale).toBe(0);
      expect(client.endpoint.counters.rejected).toBe(0);
    }
    expect(world.server.openSockets()).toBe(3);
  });

  it('come and go at the same address', () => {
    const world = new World({ clientTimeoutMs: 30_000 });
    const first = world.addSettledClient({ links: linksOf(0) });
    const [cable] = first.links;
    first.rebind(cable!, addressOf(7, 0));
    first.talk(10, 5_000);
    world.clock.run(2_000); // its old address has been silent since
    const second = world.addClient({ links: [...linksOf(0).slice(0, 1), ...linksOf(2).slice(1)] });
    second.sendUp();
    world.clock.run(1_000);
    second.talk(10, 4_000);
    world.clock.run(6_000);
    expectNothingLost(first);
    expectNothingLost(second);
  });

  it('get an address of another’s once that has been silent there', () => {
    const world = new World();
    const [first, second] = [0, 1].map((n) => world.addSettledClient({ links: linksOf(n) }));
    const taken = first!.links[0]!.address;
    first!.rebind(first!.links[0]!, addressOf(7, 0));
    for (const client of [first!, second!]) client.talk(10, 4_000);
    world.clock.run(1_200);
    second!.rebind(second!.links[0]!, taken);
    world.clock.run(300);
    const before = world.server.account(taken).gotPackets;
    world.clock.run(4_000);
    expect(world.server.account(taken).gotPackets - before).toBeGreaterThan(200);
    expectNothingLost(first!);
    expectNothingLost(second!);
    // What was sent before the first packet of the new owner came.
    expect(second!.endpoint.counters.stale).toBeLessThanOrEqual(2);
  });

  it('lose nothing when two choose the same index', () => {
    const world = new World();
    const serverKeys = generateKeyPair();
    const clients = [0, 1].map((n) => world.addClient({ links: linksOf(n), serverKeys }));
    // Their initiations get one index between them; what follows is WireGuard's to refuse, the relay's to keep apart.
    const forged: Buffer[] = [];
    for (const [n, client] of clients.entries()) {
      const initiation = Buffer.alloc(148, n + 1);
      initiation.writeUInt32LE(1, 0);
      initiation.writeUInt32LE(0xc0111de, 4);
      forged.push(initiation);
      for (const link of client.links) world.server.receive(initiation, link.address);
    }
    world.clock.run(1_500);
    expect(world.server.openSockets()).toBe(2);
    for (const client of clients) client.sendUp();
    world.clock.run(500);
    for (const client of clients) client.talk(10, 1_000);
    world.clock.run(2_000);
    for (const client of clients) expectNothingLost(client);
    expect(world.server.openSockets()).toBe(2);
  });
});
