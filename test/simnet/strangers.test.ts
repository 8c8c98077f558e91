// Strangers and attackers at the server's port: they get no answer, no more bytes than they sent, and take
// nothing from those who are served.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/net/index.ts';
import { generateKeyPair, mac1KeyOf } from '../../src/wireguard/index.ts';
import { addressOf, expectNothingLost, linksOf, Random, type SimClient, World } from './index.ts';

const PER_MS = 50; // 50,000/s
const LIMITS = { sessions: 512, paths: 2_048, maxUnconfirmedSessions: 64, newAddressesPerSecond: 100 };

describe('a flood of strangers', () => {
  it.each([{ hasKey: true }, { hasKey: false }])(
    'gets no answer and takes nothing from sessions (wireguardPublicKey set: $hasKey)',
    { timeout: 60_000 },
    ({ hasKey }) => {
      const { world, clients } = flooded(hasKey);
      for (const client of clients) client.talk(10, 2_000);
      world.clock.run(3_000);
      for (const client of clients) expectNothingLost(client);
      expect(strangersGot(world, clients)).toBe(0);
      expect(world.server.openSockets()).toBeLessThanOrEqual(clients.length + LIMITS.maxUnconfirmedSessions);
      const { counters } = world.server;
      expect(counters.relay('malformedFromNetwork')).toBeGreaterThan(10_000);
      expect(counters.relay(hasKey ? 'wrongMac1' : 'newAddressesLimited')).toBeGreaterThan(10_000);
    },
  );

  it('does not keep the tunnel from going on after a restart', { timeout: 60_000 }, () => {
    const { world, clients } = flooded(true);
    for (const client of clients) client.talk(10, 3_000);
    world.clock.run(500);
    world.server.stop();
    world.server.start();
    const atMs = world.clock.nowMs;
    world.clock.run(3_500);
    for (const { up, down } of clients) {
      for (const { lost, sentAtMs } of [up, down].map((it) => ({ lost: it.lost(), sentAtMs: it.sentAtMs }))) {
        expect(Math.max(0, ...lost.map((i) => sentAtMs[i]! - atMs))).toBeLessThan(500);
      }
    }
    expect(strangersGot(world, clients)).toBe(0);
  });
});

/** What somebody at an address of his own may send who overheard a session's index and counter. */
const attack = fc.record({
  from: fc.nat(3),
  atMs: fc.nat(1_500),
  /** How far ahead of the genuine counter; every copy of the real packet to come then differs from his. */
  ahead: fc.oneof(fc.integer({ min: -20, max: 60 }), fc.constantFrom(2 ** 20, 2 ** 40)),
  count: fc.integer({ min: 1, max: 30 }),
  lengthBytes: fc.constantFrom(32, 64, 148, 1_452),
  type: fc.constantFrom(1, 2, 3, 4, 4, 4),
});

describe('an address that has not proved to be the client’s', () => {
  it('never gets more bytes than it sent, and costs the client nothing', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(attack, { minLength: 1, maxLength: 12 }), fc.nat(), (attacks, seed) => {
        const world = new World({}, seed);
        const client = world.addSettledClient({ links: linksOf(0) });
        const latest = overhear(world);
        const addresses = [0, 1, 2, 3].map((n) => addressOf(9, 9, n + 1));
        client.talk(10, 2_000, 1_200);
        for (const { from, atMs, ahead, count, lengthBytes, type } of attacks) {
          world.clock.after(atMs, () => {
            const { index, counter } = latest();
            for (let i = 0; i < count; i++) {
              const datagram = forged(world.random, type, lengthBytes, index, counter + BigInt(ahead + i));
              world.server.receive(datagram, addresses[from]!);
            }
          });
        }
        for (let ms = 0; ms < 2_500; ms += 25) {
          world.clock.run(25);
          for (const address of addresses) {
            const { gotBytes, sentBytes } = world.server.account(address);
            expect(gotBytes).toBeLessThanOrEqual(sentBytes);
          }
        }
        expectNothingLost(client);
      }),
      { numRuns: 60 },
    );
  });

  it('does not get a session by repeating an initiation that he made one of its paths send', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    const latest = overhear(world);
    client.talk(10, 2_000, 1_200);
    world.clock.run(100);
    const { index, counter } = latest();
    const send = (port: number, type: number, ahead: bigint) =>
      world.server.receive(forged(world.random, type, 0, index, counter + ahead), addressOf(9, 9, port));
    send(1, 2, 0n); // joins the session by its index
    send(1, 1, 0n); // an initiation that is the session's from now on
    send(2, 1, 1n); // begins a session of his own
    send(2, 1, 0n); // and is in both
    world.clock.run(2_500);
    for (const port of [1, 2]) {
      const { gotBytes, sentBytes } = world.server.account(addressOf(9, 9, port));
      expect(gotBytes).toBeLessThanOrEqual(sentBytes);
    }
    expectNothingLost(client);
  });

  it('gets everything from then on when it brings the client’s packets', () => {
    const world = new World();
    const client = world.addSettledClient({ links: linksOf(0) });
    const link = client.addLink({ delayMs: 1, address: addressOf(0, 3) });
    client.talk(10, 1_000, 1_200);
    world.clock.run(2_000);
    expect(world.server.account(link.address).gotPackets).toBeGreaterThan(95);
  });
});

/** Clients at ease, and from now on 50,000 strangers' packets a second, each from an address of its own. */
function flooded(hasKey: boolean) {
  const serverKeys = generateKeyPair();
  const world = new World({ ...LIMITS, ...(hasKey && { mac1Key: mac1KeyOf(serverKeys.publicKey) }) });
  const clients = [0, 1, 2].map((n) => world.addSettledClient({ links: linksOf(n), serverKeys }));
  const random = new Random(7);
  const pool = Array.from({ length: 64 }, () => random.bytes(1_500));
  let number = 0;
  world.clock.every(1, () => {
    for (let i = 0; i < PER_MS; i++) {
      const datagram = pool[number % pool.length]!.subarray(
        0,
        random.whole(3) === 0 ? random.whole(1_500) : 148,
      );
      shape(datagram, random);
      const from = { address: `203.0.${(number >> 8) & 255}.${number & 255}`, port: 1 + (number >> 16) };
      world.server.receive(Uint8Array.from(datagram), from);
      number++;
    }
    return number < 200_000;
  });
  return { world, clients };
}

/** Random bytes, or one of WireGuard's shapes with a forged handshake or a guessed index. */
function shape(datagram: Buffer, random: Random): void {
  if (datagram.length < 16) return;
  const kind = random.whole(4);
  datagram.writeUInt32LE(kind === 0 ? random.u32() : kind === 1 ? 4 : 1 + random.whole(4), 0);
  datagram.writeUInt32LE(random.whole(50) === 0 ? 0xffff_ffff * random.whole(2) : random.u32(), 4);
  datagram.writeUInt32LE(random.u32(), 8);
}

function strangersGot(world: World, clients: readonly SimClient[]): number {
  const own = new Set(clients.flatMap(({ links }) => links.map(({ address }) => formatAddress(address))));
  let bytes = 0;
  for (const [address, { gotBytes }] of world.server.accounts) if (!own.has(address)) bytes += gotBytes;
  return bytes;
}

/** Index and counter of the last data packet that reached WireGuard. */
function overhear(world: World): () => { index: number; counter: bigint } {
  let last = { index: 0, counter: 0n };
  world.server.onPassed = (datagram) => {
    if (datagram[0] !== 4) return;
    const bytes = Buffer.from(datagram);
    // Only what is not forged: forged ones are full of zeros at the end.
    if (bytes.readUInt32LE(bytes.length - 4) !== 0) {
      last = { index: bytes.readUInt32LE(4), counter: bytes.readBigUInt64LE(8) };
    }
  };
  return () => last;
}

function forged(random: Random, type: number, lengthBytes: number, index: number, counter: bigint): Buffer {
  const datagram = Buffer.alloc([0, 148, 92, 64, lengthBytes][type]!);
  datagram.writeUInt32LE(type, 0);
  datagram.writeUInt32LE(index, 4);
  datagram.writeBigUInt64LE(BigInt.asUintN(64, counter), 8);
  if (type === 2) datagram.writeUInt32LE(index, 8);
  datagram[20] = random.whole(256);
  return datagram;
}
