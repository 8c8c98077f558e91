import { afterEach, describe, expect, test } from 'vitest';
import { Counters } from '../net/index.ts';
import { Destination } from './destination.ts';
import { Egress, MOST_SOCKETS } from './egress.ts';
import { Ways } from './ways.ts';

const open: Egress[] = [];
afterEach(() => {
  for (const egress of open.splice(0)) egress.close();
});

describe.skipIf(process.platform !== 'linux')('Ways (needs Linux)', () => {
  test('answers through a socket of its own on an interface that was made anew many times', () => {
    const { ways, destinations, egress } = server();
    ways.adopt([0], [wayBy(1)]);
    for (let index = 2; index < 3 * MOST_SOCKETS; index++) {
      ways.release([1]);
      ways.adopt([1], [wayBy(index)]);
      expect(destinations[1]!.fd).not.toBe(destinations[0]!.fd);
    }
    expect(destinations[0]!.fd).toBe(egress.listening.fd);
  });

  test('lets what may find nobody wait in a buffer of its own, for each interface', () => {
    const { ways, destinations } = server();
    ways.adopt([0, 1, 2], [wayBy(5), wayBy(5), wayBy(6)]);
    const before = destinations.map((destination) => destination!.fd);
    expect(before[0]).toBe(before[1]);
    for (const path of [1, 2]) ways.setApart(path, true);
    const fds = destinations.map((destination) => destination!.fd);
    expect(fds[0]).toBe(before[0]);
    expect(new Set([...fds, ...before]).size).toBe(4);
    for (const path of [1, 2]) ways.setApart(path, false);
    expect(destinations.map((destination) => destination!.fd)).toEqual(before);
    ways.setApart(7, true); // it has no way yet
  });

  test('hands a way over as it is, and none where there is none', () => {
    const { ways: from } = server();
    from.adopt([2], [wayBy(7)]);
    const released = from.release([2, 3]);
    expect(from.release([2])).toEqual([undefined]);
    const { ways, destinations } = server();
    ways.adopt([4, 5], released);
    expect(destinations[4]!.interfaceIndex).toBe(7);
    expect(destinations[4]!.block).toBe(Counters.forPaths(8).pathBlock(4));
    expect(destinations[5]).toBeUndefined();
  });
});

function server() {
  const egress = Egress.open({ address: '127.0.0.1', port: 0 });
  open.push(egress);
  const destinations: (Destination | undefined)[] = [];
  return { egress, destinations, ways: new Ways(egress, Counters.forPaths(8), destinations) };
}

/** A way that datagrams of interface `index` showed. */
function wayBy(index: number): Uint8Array {
  const destination = new Destination(0, 0, 0);
  destination.interfaceIndex = index;
  return destination.toBytes();
}
