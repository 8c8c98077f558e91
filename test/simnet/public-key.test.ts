// Somebody who knows the server's public key: the relay cannot tell his handshakes from a client's, WireGuard can.
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/net/index.ts';
import { generateKeyPair, mac1KeyOf, mac1Of } from '../../src/wireguard/index.ts';
import { addressOf, expectNothingLost, linksOf, Random, World } from './index.ts';

const LIMITS = { sessions: 512, paths: 2_048, maxUnconfirmedSessions: 64, newAddressesPerSecond: 100 };
const PER_MS = 5; // 5,000/s, each from an address of its own

describe('a holder of the public key', () => {
  it('gets no answer, holds no more places than strangers may, and takes nothing from sessions', () => {
    const serverKeys = generateKeyPair();
    const mac1Key = mac1KeyOf(serverKeys.publicKey);
    const world = new World({ ...LIMITS, mac1Key });
    const clients = [0, 1, 2].map((n) => world.addSettledClient({ links: linksOf(n), serverKeys }));
    const random = new Random(3);
    let number = 0;
    let mostSockets = 0;
    world.clock.every(1, () => {
      for (let i = 0; i < PER_MS; i++) {
        number++;
        const from = addressOf(100 + (number >> 16), (number >> 8) & 255, 1 + (number & 255));
        world.server.receive(handshake(random, mac1Key), from);
      }
      mostSockets = Math.max(mostSockets, world.server.openSockets());
      return number < 10_000;
    });
    for (const client of clients) client.talk(10, 2_000);
    world.clock.run(3_000);
    for (const client of clients) expectNothingLost(client);
    const theirs = new Set(
      clients.flatMap(({ links }) => links.map(({ address }) => formatAddress(address))),
    );
    const strangers = [...world.server.accounts].filter(([address]) => !theirs.has(address));
    expect(strangers.length).toBeGreaterThan(1_000);
    expect(strangers.filter(([, { gotBytes }]) => gotBytes > 0)).toEqual([]);
    expect(mostSockets).toBeGreaterThan(clients.length);
    expect(mostSockets).toBeLessThanOrEqual(clients.length + LIMITS.maxUnconfirmedSessions);
    expect(world.server.counters.relay('unconfirmedExhausted')).toBeGreaterThan(1_000);
    expect(world.server.counters.relay('wrongMac1')).toBe(0);
  });
});

/** An initiation that is right as far as the relay can see. */
function handshake(random: Random, mac1Key: Uint8Array): Buffer {
  const datagram = random.bytes(148);
  datagram.writeUInt32LE(1, 0);
  datagram.set(mac1Of(mac1Key, datagram), 116);
  return datagram;
}
