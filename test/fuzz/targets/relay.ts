/** Batches of anything from either side, in any order and at any time, into a client's or a server's relay. */
import assert from 'node:assert/strict';
import { Counters } from '../../../src/net/index.ts';
import { Relay } from '../../../src/relay/index.ts';
import { type Arrival, fill, lastingBatch } from '../../sockets/datagrams.ts';
import { StrictOutlets } from '../../sockets/strict-outlets.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const SHAPE = { sessions: 5, paths: 12 };
const LIMITS = { maxSessions: 4, maxUnconfirmedSessions: 3, newAddressesPerSecond: 50, pathTimeoutMs: 2_000 };
const LENGTHS = [0, 148, 92, 64, 32, 33, 1_452, 2_001];
const COUNTERS = [0n, 1n, 2n, 255n, 9_999n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n];
const PASSING_MS = [0, 1, 300, 1_100, 2_100, 16_000, 200_000];
const MOST_STEPS = 60;
const batch = lastingBatch(2 << 20);

export const target: Target = {
  what: 'batches of datagrams to the relay',
  run(bytes) {
    const input = new Input(bytes);
    const outlets = new StrictOutlets();
    const counters = new Counters(SHAPE);
    const protocol = input.is() ? 'any' : 'wireguard';
    const deduplicate = !input.is();
    const isServer = !input.is();
    const options = {
      counters,
      maxDatagramBytes: 2_000,
      maxPathsPerSession: 3,
      deduplicate,
      protocol,
    } as const;
    const relay = new Relay(options);
    if (isServer) relay.serve({ outlets, limits: LIMITS, ...SILENT });
    const open = new Set<number>();
    let nowMs = 1_700_000_000_000;
    for (let steps = 0; steps < MOST_STEPS && input.left > 0; steps++) {
      const what = input.u8() % 8;
      if (what === 0) {
        nowMs += input.pick(PASSING_MS);
        relay.tick(nowMs);
      } else if (what === 1 && !isServer) {
        const path = input.u8() % SHAPE.paths;
        if (open.delete(path)) relay.closePath(path);
        else if (relay.openPath(path, (input.u8() % 4) - 1)) open.add(path);
      } else if (what < 6) {
        relay.fromNetwork(fill(batch, arrivals(input, isServer)).at(nowMs));
        if (isServer) outlets.expectDelivered(batch);
        relay.rest();
      } else {
        const session = isServer ? input.u8() % SHAPE.sessions : 0;
        if (isServer && !outlets.sessions.has(session)) continue;
        relay.fromWireguard(session, fill(batch, [{ datagrams: datagrams(input) }]).at(nowMs));
        const targets = [...relay.targets.subarray(0, relay.targetCount)];
        if (isServer) outlets.expectTargets(targets, 3);
        else assert.equal(new Set(targets).size, targets.length);
      }
      outlets.expectWithin(LIMITS.maxSessions, SHAPE.paths);
    }
    assert(counters.values.every((value) => Number.isFinite(value) && value >= 0));
    relay.tick(nowMs + 500_000);
    assert.equal(outlets.sessions.size + outlets.paths.size, 0);
  },
  seeds: () => [
    // A server: a handshake from a client's two addresses, its answer, data on both.
    Buffer.from('000000020100000101010100020102000101010100060000010202010103010000010104020101', 'hex'),
    // A client: two paths open, data out and in.
    Buffer.from('0000010100010001010100060001040401020000010404010203000100040401020003', 'hex'),
  ],
  maxBytes: 1_024,
};

const SILENT = {
  onPathOpened: () => {},
  onPathClosed: () => {},
  onSessionConfirmed: () => {},
  onSessionClosed: () => {},
};

function arrivals(input: Input, isServer: boolean): Arrival[] {
  return Array.from({ length: 1 + (input.u8() % 3) }, () => {
    const host = input.u8() % 8;
    const from = isServer ? { from: { address: `192.0.2.${host >> 1}`, port: host } } : { path: host };
    return { datagrams: datagrams(input), ...from };
  });
}

/** Shaped like messages, with few indices and counters, so that they meet again; or raw bytes. */
function datagrams(input: Input): Buffer[] {
  return Array.from({ length: 1 + (input.u8() % 4) }, () => {
    const type = input.u8() % 8;
    if (type === 7) return input.bytes(input.u8());
    const datagram = Buffer.alloc(input.pick(LENGTHS));
    if (datagram.length < 16) return datagram;
    datagram.set([type, 0, 0, input.u8() === 0xff ? 1 : 0]);
    const index = input.u8();
    datagram.writeUInt32LE(index > 250 ? 0xffff_ff00 + index : index % 4, 4);
    datagram.writeBigUInt64LE(input.pick(COUNTERS), 8);
    return datagram;
  });
}
