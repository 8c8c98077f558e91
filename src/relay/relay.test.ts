import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchOf, decisions, transportData } from '../../test/sockets/datagrams.ts';
import { Counters, DROP, RELAY_COLUMNS, type RelayColumn } from '../net/index.ts';
import { ONLY_SESSION, Relay } from './index.ts';

const MAX_BYTES = 2_000;
const NOW_MS = 1_700_000_000_000;

describe('Relay.fromWireguard()', () => {
  test('sends every datagram to all open paths', () => {
    const { relay, counters } = withPaths(3);
    const batch = batchOf([{ datagrams: [transportData(), transportData(32), transportData(MAX_BYTES)] }]);
    relay.fromWireguard(ONLY_SESSION, batch.at(NOW_MS));
    expect(decisions(batch)).toEqual([0, 0, 0]);
    expect(targetsOf(relay).sort()).toEqual([0, 1, 2]);
    expect(counters.relay('wireguardInPackets')).toBe(3);
    expect(counters.relay('wireguardInBytes')).toBe(128 + 32 + MAX_BYTES);
    expect(counters.relay('lastWireguardInMs')).toBe(NOW_MS);
  });

  test('lets each path go first in turn', () => {
    const { relay } = withPaths(3);
    const firsts = Array.from({ length: 6 }, () => {
      relay.fromWireguard(ONLY_SESSION, batchOf([{ datagrams: [transportData()] }]).at(NOW_MS));
      return targetsOf(relay)[0];
    });
    expect(firsts.slice(0, 3).sort()).toEqual([0, 1, 2]);
    expect(firsts.slice(3)).toEqual(firsts.slice(0, 3));
  });

  test('follows paths that open and close', () => {
    const { relay } = withPaths(3);
    relay.closePath(1);
    relay.openPath(5);
    relay.fromWireguard(ONLY_SESSION, batchOf([{ datagrams: [transportData()] }]).at(NOW_MS));
    expect(targetsOf(relay).sort()).toEqual([0, 2, 5]);
  });

  test.each<{ what: string; datagram: Buffer; column: RelayColumn }>([
    { what: 'longer than allowed', datagram: transportData(MAX_BYTES + 1), column: 'oversizedFromWireguard' },
    { what: 'empty', datagram: Buffer.alloc(0), column: 'malformedFromWireguard' },
    { what: 'too short', datagram: transportData().subarray(0, 31), column: 'malformedFromWireguard' },
    { what: 'of no known type', datagram: Buffer.alloc(64, 9), column: 'malformedFromWireguard' },
    { what: 'a cut handshake', datagram: ofType(1, 147), column: 'malformedFromWireguard' },
  ])('drops and counts a datagram that is $what, and nothing else', ({ datagram, column }) => {
    const { relay, counters } = withPaths(2);
    const batch = batchOf([{ datagrams: [transportData(), datagram, transportData()] }]);
    relay.fromWireguard(ONLY_SESSION, batch.at(NOW_MS));
    expect(decisions(batch)).toEqual([0, DROP, 0]);
    expect(counters.relay(column)).toBe(1);
    expect(counters.relay('wireguardInPackets')).toBe(2);

    const alone = batchOf([{ datagrams: [datagram] }]);
    relay.fromWireguard(ONLY_SESSION, alone.at(NOW_MS));
    expect(relay.targetCount).toBe(0);
  });

  test('counts what is lost because no path is open', () => {
    const { relay, counters } = withPaths(0);
    relay.fromWireguard(
      ONLY_SESSION,
      batchOf([{ datagrams: [transportData(), transportData()] }]).at(NOW_MS),
    );
    expect(relay.targetCount).toBe(0);
    expect(counters.relay('noPath')).toBe(2);
  });
});

describe('Relay.openPath()', () => {
  test('refuses more paths than there are places for, and counts it', () => {
    const { relay, counters } = withPaths(8);
    expect(relay.openPath(8)).toBe(false);
    expect(counters.relay('pathsExhausted')).toBe(1);
    relay.closePath(3);
    expect(relay.openPath(8)).toBe(true);
  });
});

describe('Relay.fromNetwork()', () => {
  test('passes what comes on each path to WireGuard and counts it there', () => {
    const { relay, counters } = withPaths(3);
    const batch = batchOf([
      { path: 2, datagrams: [transportData(100), transportData(100), transportData(60)] },
      { path: 0, datagrams: [transportData(32)] },
      { path: 2, datagrams: [transportData(40)] },
    ]);
    relay.fromNetwork(batch.at(NOW_MS));
    relay.rest();
    expect(decisions(batch)).toEqual([0, 0, 0, 0, 0]);
    const seen = (path: number) =>
      ['inPackets', 'inBytes', 'lastInMs'].map((it) => counters.path(path, it as 'inBytes'));
    expect(seen(0)).toEqual([1, 32, NOW_MS]);
    expect(seen(1)).toEqual([0, 0, 0]);
    expect(seen(2)).toEqual([4, 300, NOW_MS]);
  });

  test.each<{ what: string; datagram: Buffer; column: RelayColumn }>([
    { what: 'longer than allowed', datagram: transportData(MAX_BYTES + 1), column: 'oversizedFromNetwork' },
    { what: 'empty', datagram: Buffer.alloc(0), column: 'malformedFromNetwork' },
    { what: 'not WireGuard', datagram: Buffer.alloc(64, 9), column: 'malformedFromNetwork' },
    { what: 'a handshake of the wrong length', datagram: ofType(2, 93), column: 'malformedFromNetwork' },
  ])(
    'drops and counts a datagram that is $what, and does not call its path alive',
    ({ datagram, column }) => {
      const { relay, counters } = withPaths(2);
      const batch = batchOf([
        { path: 0, datagrams: [datagram] },
        { path: 1, datagrams: [transportData(), datagram, transportData()] },
      ]);
      relay.fromNetwork(batch.at(NOW_MS));
      relay.rest();
      expect(decisions(batch)).toEqual([DROP, 0, DROP, 0]);
      expect(counters.relay(column)).toBe(2);
      expect(counters.path(0, 'lastInMs')).toBe(0);
      expect(counters.path(0, 'inPackets')).toBe(0);
      expect(counters.path(1, 'inPackets')).toBe(2);
    },
  );

  test('drops what comes on no path of a client', () => {
    const { relay } = withPaths(1);
    const batch = batchOf([{ from: { address: '192.0.2.9', port: 1 }, datagrams: [transportData()] }]);
    relay.fromNetwork(batch.at(NOW_MS));
    relay.rest();
    expect(decisions(batch)).toEqual([DROP]);
  });
});

describe('Relay, whatever arrives', () => {
  const datagram = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ minLength: 1_990, maxLength: 2_010, size: 'max' }),
    // Shaped like WireGuard at the start, of any length.
    fc.tuple(fc.integer({ min: 0, max: 5 }), fc.uint8Array({ maxLength: 200 })).map(([type, rest]) => {
      return Uint8Array.of(type, 0, 0, 0, ...rest);
    }),
  );
  const arrivals = fc.array(
    fc.record({
      path: fc.integer({ min: 0, max: 2 }),
      datagrams: fc.array(datagram, { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 8 },
  );

  test('decides every datagram, changes no byte, and counts each once', () => {
    fc.assert(
      fc.property(arrivals, fc.boolean(), (list, isFromNetwork) => {
        const { relay, counters } = withPaths(3);
        const batch = batchOf(list);
        const before = Buffer.from(batch.bytes);
        if (isFromNetwork) relay.fromNetwork(batch.at(NOW_MS));
        else relay.fromWireguard(ONLY_SESSION, batch.at(NOW_MS));
        relay.rest();
        expect(before.equals(batch.bytes)).toBe(true);
        const dropped = decisions(batch).filter((to) => to === DROP).length;
        const kept = decisions(batch).filter((to) => to === ONLY_SESSION).length;
        expect(kept + dropped).toBe(batch.count);
        const side = isFromNetwork ? 'Network' : 'Wireguard';
        const drops = counters.relay(`oversizedFrom${side}`) + counters.relay(`malformedFrom${side}`);
        expect(drops).toBe(dropped);
        const passed = isFromNetwork
          ? [0, 1, 2].reduce((sum, path) => sum + counters.path(path, 'inPackets'), 0)
          : counters.relay('wireguardInPackets');
        expect(passed).toBe(kept);
        expect(RELAY_COLUMNS.every((column) => Number.isFinite(counters.relay(column)))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

function withPaths(count: number) {
  const counters = Counters.forPaths(16);
  const relay = new Relay({
    counters,
    maxDatagramBytes: MAX_BYTES,
    maxPathsPerSession: 8,
    deduplicate: true,
    protocol: 'wireguard',
  });
  for (let path = 0; path < count; path++) expect(relay.openPath(path)).toBe(true);
  return { relay, counters };
}

function targetsOf(relay: Relay): number[] {
  return [...relay.targets.subarray(0, relay.targetCount)];
}

function ofType(type: number, length: number): Buffer {
  const datagram = Buffer.alloc(length);
  datagram.writeUInt32LE(type, 0);
  return datagram;
}
