import { describe, expect, it } from 'vitest';
import { addressOf, expectNothingLost, linksOf, Random, World } from '../../test/simnet/index.ts';
import { dataOf } from '../../test/sockets/datagrams.ts';
import { generateKeyPair, mac1KeyOf, mac1Of } from '../wireguard/index.ts';

const random = new Random(1);
const LINK = [{ delayMs: 1 }];

describe('Admission, by shape and mac1', () => {
  it('with wireguardPublicKey answers and opens nothing for an initiation without a valid mac1', () => {
    const { world, key } = withKey();
    const good = initiation(key);
    for (let bit = 0; bit < 132 * 8; bit += 37) {
      const wrong = Buffer.from(good);
      wrong[4 + ((bit >> 3) % 128)]! ^= 1 << (bit & 7);
      world.server.receive(wrong, addressOf(9, 0, bit + 1));
    }
    world.clock.run(1_000);
    expect(world.server.openSockets()).toBe(0);
    expect(world.server.addresses()).toEqual([]);
    expect(world.server.counters.relay('wrongMac1')).toBe(29);
    world.server.receive(good, addressOf(9, 0));
    expect(world.server.openSockets()).toBe(1);
  });

  it('with wireguardPublicKey serves clients that know it', () => {
    const keys = generateKeyPair();
    const world = new World({ mac1Key: mac1KeyOf(keys.publicKey) });
    const client = world.addSettledClient({ links: linksOf(0), serverKeys: keys });
    expectNothingLost(client);
    expect(world.server.counters.relay('wrongMac1')).toBe(0);
  });

  it('turns responses and cookies of no known index away', () => {
    const world = new World();
    for (const [type, length] of [
      [2, 92],
      [3, 64],
    ] as const) {
      const datagram = random.bytes(length);
      datagram.writeUInt32LE(type, 0);
      world.server.receive(datagram, addressOf(9, 0));
    }
    expect(world.server.openSockets()).toBe(0);
    expect(world.server.counters.relay('unknownIndex')).toBe(2);
  });
});

describe('Admission, at its limits', () => {
  it('maxSessions: serves those it has, turns others away and counts it', () => {
    const world = new World({ sessions: 4, maxSessions: 2 });
    const clients = [0, 1].map((n) => world.addSettledClient({ links: linksOf(n) }));
    const third = world.addClient({ links: linksOf(2) });
    third.sendUp();
    for (const client of clients) client.talk(20, 2_000);
    world.clock.run(3_000);
    for (const client of clients) expectNothingLost(client);
    expect(third.up.lost()).toHaveLength(1);
    expect(world.server.counters.relay('sessionsExhausted')).toBeGreaterThan(0);
    expect(world.server.counters.relay('sessions')).toBe(2);
  });

  it('maxUnconfirmedSessions: turns newer ones away, until the older ones had a second to prove themselves', () => {
    const world = new World({ maxUnconfirmedSessions: 3 });
    for (let port = 1; port <= 5; port++) world.server.receive(initiation(), addressOf(9, 0, port));
    expect(world.server.openSockets()).toBe(3);
    expect(world.server.counters.relay('unconfirmedExhausted')).toBe(2);
    world.clock.run(1_001);
    const client = world.addSettledClient({ links: linksOf(0, LINK) });
    expectNothingLost(client);
    expect(world.server.openSockets()).toBe(3);
    world.clock.run(16_000); // the rest never proves anything
    expect(world.server.openSockets()).toBe(1);
    expect(world.server.counters.relay('unconfirmedSessions')).toBe(0);
  });

  it.each([7, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff])(
    'maxUnconfirmedSessions: half used up, takes in a stream with the unknown index %i by its second packet',
    (index) => {
      const world = new World({ maxUnconfirmedSessions: 4 });
      for (const port of [1, 2]) world.server.receive(initiation(), addressOf(9, 0, port));
      world.server.receive(dataOf(index, 1n), addressOf(9, 1));
      expect(world.server.openSockets()).toBe(2);
      world.server.receive(dataOf(index, 2n), addressOf(9, 1));
      expect(world.server.openSockets()).toBe(3);
    },
  );

  it('newAddressesPerSecond: takes in so many strangers a second, and counts the others', () => {
    const world = new World({ newAddressesPerSecond: 10 });
    const send = (from: number) => {
      for (let port = from; port < from + 50; port++) {
        world.server.receive(initiation(), addressOf(9, 0, port));
      }
    };
    send(1);
    expect(world.server.openSockets()).toBe(10);
    expect(world.server.counters.relay('newAddressesLimited')).toBe(40);
    world.clock.run(500);
    send(100);
    expect(world.server.openSockets()).toBe(15);
  });

  it('newAddressesPerSecond: bounds in proportion what a session sends before WireGuard answers', () => {
    const world = new World({ newAddressesPerSecond: 80 });
    world.addSettledClient({ links: linksOf(0, LINK) });
    for (let n = 0; n < 100; n++) world.server.receive(dataOf(7, BigInt(n)), addressOf(9, 0));
    expect(world.server.counters.relay('unconfirmedLimited')).toBe(90); // 10 at once
    world.clock.run(50);
    for (let n = 100; n < 200; n++) world.server.receive(dataOf(7, BigInt(n)), addressOf(9, 0));
    expect(world.server.counters.relay('unconfirmedLimited')).toBe(182); // and 160 a second
  });

  it('newAddressesPerSecond: bounds nothing of a stream while there is nobody to protect from it', () => {
    const world = new World({ newAddressesPerSecond: 80 });
    for (let n = 0; n < 5_000; n++) world.server.receive(dataOf(7, BigInt(n)), addressOf(9, 0));
    expect(world.server.counters.relay('unconfirmedLimited')).toBe(0);
  });

  it('newAddressesPerSecond: late copies do not count, WireGuard never sees them', () => {
    const world = new World({ newAddressesPerSecond: 80 });
    world.addSettledClient({ links: linksOf(0, LINK) });
    for (let n = 0; n < 9; n++) {
      for (const link of [0, 1, 2]) world.server.receive(dataOf(7, BigInt(n)), addressOf(9, link));
    }
    expect(world.server.counters.relay('unconfirmedLimited')).toBe(0);
  });

  it('maxPathsPerSession: keeps to it, counts, and loses nothing', () => {
    const world = new World({ maxPathsPerSession: 3 });
    const client = world.addSettledClient({ links: linksOf(0, [...LINK, ...LINK, ...LINK, ...LINK]) });
    client.talk(20, 1_000);
    world.clock.run(2_000);
    expectNothingLost(client);
    expect(world.server.addresses()).toHaveLength(3);
    expect(world.server.counters.relay('pathsExhausted')).toBeGreaterThan(0);
  });

  it('maxPathsPerSession: addresses that proved nothing make room for a link that may', () => {
    const world = new World({ maxPathsPerSession: 6 });
    const client = world.addSettledClient({ links: linksOf(0) });
    client.talk(10, 3_000);
    const index = indexSeen(world);
    for (let port = 1; port <= 50; port++) {
      world.server.receive(dataOf(index(), BigInt(port) << 40n), addressOf(9, 0, port));
    }
    expect(world.server.addresses()).toHaveLength(6);
    const link = client.addLink({ delayMs: 1, address: addressOf(0, 3) });
    world.clock.run(4_000);
    expectNothingLost(client);
    expect(world.server.account(link.address).gotPackets).toBeGreaterThan(250);
  });

  it('sessions: what a closed one held is free again', () => {
    const world = new World({ sessions: 8, paths: 8, maxUnconfirmedSessions: 8 });
    for (let round = 0; round < 20; round++) {
      for (let n = 0; n < 8; n++) world.server.receive(initiation(), addressOf(round, 0, n + 1));
      expect(world.server.openSockets()).toBe(8);
      expect(world.server.addresses()).toHaveLength(8);
      world.clock.run(16_000);
      expect(world.server.openSockets()).toBe(0);
      expect(world.server.addresses()).toEqual([]);
    }
    expect(world.server.counters.relay('pathsExhausted')).toBe(0);
  });
});

describe('protocol: any', () => {
  it('carries whatever has a byte, both ways, to whoever sent', () => {
    const world = new World({ protocol: 'any' });
    const passed: string[] = [];
    world.server.onPassed = (datagram) => passed.push(Buffer.from(datagram).toString());
    for (const text of ['hello', 'hello', '']) world.server.receive(Buffer.from(text), addressOf(1, 0));
    world.server.receive(Buffer.from('x'), addressOf(2, 0));
    expect(passed).toEqual(['hello', 'hello', 'x']);
    expect(world.server.openSockets()).toBe(1);
    expect(world.server.addresses()).toHaveLength(2);
  });
});

function withKey() {
  const key = mac1KeyOf(generateKeyPair().publicKey);
  return { world: new World({ mac1Key: key }), key };
}

/** Shaped like an initiation; with `key`, its mac1 is right. */
function initiation(key?: Uint8Array): Buffer {
  const message = random.bytes(148);
  message.writeUInt32LE(1, 0);
  if (key !== undefined) message.set(mac1Of(key, message), 116);
  return message;
}

/** The index of the last data packet that went to WireGuard. */
function indexSeen(world: World): () => number {
  let index = 0;
  world.server.onPassed = (datagram) => {
    if (datagram[0] === 4) index = Buffer.from(datagram).readUInt32LE(4);
  };
  world.clock.run(100);
  return () => index;
}
