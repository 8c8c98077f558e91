// A server with several packet loops: each session belongs to one of them, and no packet is lost on its way there.
//
//   clients ══ links ══ port ── the system, told which index is whose ── loop 0 ── loops 1, 2: sessions of their own
//
// All other tests of this folder run with several loops too: RENGARDE_SIM_LOOPS=3, and with RENGARDE_SIM_SCATTER=0.3
// the system delivers that share of datagrams to any loop.
import { describe, expect, it } from 'vitest';
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
const FAST = { delayMs: 5, jitterMs: 1 };
const SLOW = { delayMs: 60, jitterMs: 10 };

describe('sessions of several packet loops', () => {
  it.each([0, 0.5, 1])(
    'are spread, and lose nothing while keys are replaced and datagrams scattered (%d)',
    { timeout: 30_000 },
    (scatter) => {
      const world = new World({ loops: 3, scatter });
      const clients = Array.from({ length: 7 }, (_, n) =>
        world.addClient({ links: linksOf(n), timers: SHORT, serverTimers: PATIENT }),
      );
      for (const client of clients) {
        client.talk(10, 5_000);
        world.clock.run(130); // one comes after the other
      }
      world.clock.run(6_000);
      for (const client of clients) {
        expectNothingLost(client);
        expect(client.endpoint.counters.handshakes).toBeGreaterThan(2);
        // WireGuard got each of 500 packets once, for all its copies come to one loop: but for those late ones whose
        // first copy came to the loop that had the session before.
        expect(client.peer.counters.duplicates).toBeLessThanOrEqual(20);
      }
      expect(world.server.spread().sort()).toEqual([2, 2, 3]);
      expect(world.server.openSockets()).toBe(7);
      expect(world.server.addresses()).toHaveLength(21);
      expect(world.server.counters.relay('sessions')).toBe(7);
    },
  );

  it('are handed over only until the system knows where to deliver them', () => {
    const world = new World({ loops: 2 });
    const client = world.addClient({ links: linksOf(0), timers: SHORT, serverTimers: PATIENT });
    client.talk(10, 6_000);
    world.clock.run(7_000);
    expectNothingLost(client);
    expect(world.server.spread()).toEqual([0, 1]);
    // Of some 1,800 copies: a quarter of a second's at each new index, and every handshake.
    const handedOver = world.server.counters.relay('handedOver');
    expect(handedOver).toBeGreaterThan(10);
    expect(handedOver).toBeLessThan(600);
  });

  it('become one again when a new link began one of its own, whichever loops they are in', {
    timeout: 30_000,
  }, () => {
    for (const others of [0, 1, 2]) {
      const world = new World({ loops: 3 });
      // So that the two sessions find themselves in the same loop, or in different ones.
      for (let n = 1; n <= others; n++) world.addSettledClient({ links: linksOf(n) });
      const client = world.addSettledClient({ links: linksOf(0, [SLOW, SLOW]), timers: SHORT });
      world.clock.run(2_000); // silent meanwhile, so that the next packet asks for new keys
      const link = client.addLink({ ...FAST, address: addressOf(0, 2) });
      client.endpoint.connect();
      for (let ms = 0; ms < 200; ms += 0.5) world.clock.after(ms, () => client.sendDown());
      client.talk(5, 4_000);
      world.clock.run(6_000);
      expectNothingLost(client);
      const got = client.links.map(({ address }) => world.server.account(address).gotPackets);
      expect(Math.max(...got) - Math.min(...got)).toBeLessThan(90 + 200);
      expect(world.server.account(link.address).gotPackets).toBeGreaterThan(1_000);
      world.clock.run(16_000); // the younger one's socket is kept for a while
      expect(world.server.openSockets()).toBe(1 + others);
    }
  });

  it('end, and leave their numbers to others, in any loop', { timeout: 30_000 }, () => {
    const world = new World({ loops: 3, sessions: 4, paths: 12 });
    for (let generation = 0; generation < 3; generation++) {
      const clients = Array.from({ length: 4 }, (_, n) =>
        world.addSettledClient({ links: linksOf(10 * generation + n) }),
      );
      for (const client of clients) {
        client.talk(10, 1_000);
        world.clock.run(1_500);
        expectNothingLost(client);
      }
      expect(world.server.counters.relay('sessions')).toBe(4);
      // A further one finds no place, though no loop has more than two.
      const before = world.server.counters.relay('sessionsExhausted');
      const further = world.addClient({ links: linksOf(10 * generation + 4) });
      further.sendUp();
      world.clock.run(200);
      expect(world.server.counters.relay('sessionsExhausted')).toBeGreaterThan(before);
      for (const { endpoint } of [...clients, further]) endpoint.close();
      world.clock.run(250_000);
      expect(world.server.counters.relay('sessions')).toBe(0);
      expect(world.server.addresses()).toEqual([]);
    }
  });

  it('go on after a restart in mid-traffic', () => {
    const world = new World({ loops: 3, scatter: 0.2 });
    const clients = Array.from({ length: 5 }, (_, n) => world.addSettledClient({ links: linksOf(n) }));
    for (const client of clients) client.talk(10, 6_000);
    world.clock.run(2_000);
    world.server.stop();
    world.server.start();
    world.clock.run(6_000);
    expect(world.server.counters.relay('sessions')).toBe(5);
    expect(world.server.spread().sort()).toEqual([1, 2, 2]);
    // What was on its way when it ended.
    for (const { up, down } of clients) expect(up.lost().length + down.lost().length).toBeLessThan(20);
  });
});
