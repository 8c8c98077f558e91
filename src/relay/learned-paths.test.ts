import { beforeEach, describe, expect, test } from 'vitest';
import { batchOf, decisions, transportData } from '../../test/sockets/datagrams.ts';
import { Counters, DROP, formatAddress, type SocketAddress, UNKNOWN_PATH } from '../net/index.ts';
import { LearnedPaths, ONLY_SESSION, Relay } from './index.ts';

const PLACES = 4;
const TIMEOUT_MS = 30_000;
let nowMs: number;
let counters: Counters;
let relay: Relay;
/** What was told, oldest first: `learned 0 192.0.2.1:1000`, `outlets learn 0`. */
let told: string[];

beforeEach(() => {
  nowMs = 1_700_000_000_000;
  counters = Counters.forPaths(PLACES);
  told = [];
  relay = new Relay({ counters, maxDatagramBytes: 2_000, maxPaths: PLACES });
  relay.learnFrom(
    new LearnedPaths({
      counters,
      maxPaths: PLACES,
      timeoutMs: TIMEOUT_MS,
      relay,
      outlets: {
        openUpstream: () => true,
        closeUpstream: () => {},
        learnPath: (path, _batch, message) => told.push(`outlets learn ${path} from message ${message}`),
        forgetPath: (path) => told.push(`outlets forget ${path}`),
      },
      onLearned: (path, address) => told.push(`learned ${path} ${formatAddress(address)}`),
      onForgotten: (path) => told.push(`forgotten ${path}`),
    }),
  );
});

describe('LearnedPaths', () => {
  test('learns an address from its first datagram, and knows it from then on', () => {
    expect(receive(client(1))).toEqual([0]);
    expect(told).toEqual(['outlets learn 0 from message 0', 'learned 0 192.0.2.1:1001']);
    expect(targets()).toEqual([0]);
    receive(client(1));
    receive(client(1), client(1));
    expect(told.length).toBe(2);
    expect(counters.path(0, 'inPackets')).toBe(4);
  });

  test('learns several addresses of one batch, each from its own message', () => {
    expect(receive(client(1), client(2), client(1), client(3))).toEqual([0, 0, 0, 0]);
    expect(told.filter((line) => line.startsWith('outlets'))).toEqual([
      'outlets learn 0 from message 0',
      'outlets learn 1 from message 1',
      'outlets learn 2 from message 3',
    ]);
    expect(targets()).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((path) => counters.path(path, 'inPackets'))).toEqual([2, 1, 1]);
  });

  test('tells addresses apart by port, and IPv6 from IPv4', () => {
    receive(
      { address: '192.0.2.1', port: 1 },
      { address: '192.0.2.1', port: 2 },
      { address: '2001:db8::1', port: 1 },
      { address: '::ffff:192.0.2.1', port: 1 }, // the first one, as an IPv6 socket sees it
    );
    expect(targets().length).toBe(3);
    expect(told.filter((line) => line.startsWith('learned')).at(-1)).toBe('learned 2 [2001:db8::1]:1');
  });

  test('writes the path into the batch, for the engine', () => {
    const batch = batchOf([{ from: client(1), datagrams: [transportData()] }]);
    expect(batch.path[0]).toBe(UNKNOWN_PATH);
    relay.fromNetwork(batch, nowMs);
    expect(batch.path[0]).toBe(0);
  });

  test('learns nothing from datagrams that are not WireGuard', () => {
    for (const bad of [Buffer.alloc(0), Buffer.alloc(100, 3), transportData(2_001)]) {
      relay.fromNetwork(batchOf([{ from: client(1), datagrams: [bad] }]), nowMs);
    }
    expect(told).toEqual([]);
    expect(targets()).toEqual([]);
  });

  test('drops and counts what comes from a new address when all places are taken', () => {
    const known = [1, 2, 3, 4].map(client);
    receive(...known);
    expect(receive(client(5))).toEqual([DROP]);
    expect(counters.relay('pathsExhausted')).toBe(1);
    expect(receive(...known)).toEqual([0, 0, 0, 0]);
    expect(targets()).toEqual([0, 1, 2, 3]);
  });

  test('forgets an address that is silent for longer than the timeout, and not before', () => {
    receive(client(1), client(2));
    nowMs += TIMEOUT_MS;
    receive(client(2));
    relay.tick(nowMs);
    expect(targets()).toEqual([0, 1]);
    nowMs += 1;
    relay.tick(nowMs);
    expect(targets()).toEqual([1]);
    expect(told.slice(-2)).toEqual(['outlets forget 0', 'forgotten 0']);
    nowMs += TIMEOUT_MS;
    relay.tick(nowMs);
    expect(targets()).toEqual([]);
  });

  test('is not kept alive by datagrams that are not WireGuard', () => {
    receive(client(1));
    nowMs += TIMEOUT_MS + 1;
    relay.fromNetwork(batchOf([{ from: client(1), datagrams: [Buffer.alloc(50, 1)] }]), nowMs);
    relay.tick(nowMs);
    expect(targets()).toEqual([]);
  });

  test('gives a forgotten place to the next address, with counters from zero', () => {
    const known = [1, 2, 3, 4].map(client);
    receive(...known, client(2));
    nowMs += TIMEOUT_MS + 1;
    receive(...known.filter((_, i) => i !== 1));
    relay.tick(nowMs);
    expect(receive(client(9))).toEqual([0]);
    expect(told.at(-1)).toBe('learned 1 192.0.2.9:1009');
    expect(counters.path(1, 'inPackets')).toBe(1);
    expect(receive(client(2))).toEqual([DROP]);
  });

  test('learns a forgotten address again', () => {
    for (let round = 0; round < 3; round++) {
      expect(receive(client(1))).toEqual([0]);
      expect(targets()).toEqual([0]);
      nowMs += TIMEOUT_MS + 1;
      relay.tick(nowMs);
      expect(targets()).toEqual([]);
    }
    expect(told.filter((line) => line.startsWith('learned')).length).toBe(3);
  });
});

function client(number: number): SocketAddress {
  return { address: `192.0.2.${number}`, port: 1_000 + number };
}

/** One datagram from each, in one batch; what became of them. */
function receive(...from: readonly SocketAddress[]): number[] {
  const batch = batchOf(from.map((address) => ({ from: address, datagrams: [transportData()] })));
  relay.fromNetwork(batch, nowMs);
  return decisions(batch);
}

/** The paths that an answer of WireGuard's goes to. */
function targets(): number[] {
  relay.fromWireguard(ONLY_SESSION, batchOf([{ datagrams: [transportData()] }]), nowMs);
  return [...relay.targets.subarray(0, relay.targetCount)].sort();
}
