import { closeSync, openSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { message, u32 } from '../../test/netlink-samples.ts';
import { EINTR, ENOBUFS } from './errors.ts';
import { dumpAddresses, dumpLinks, readDump } from './netlink-dump.ts';

const MULTI = 2;
const INTERRUPTED = 0x12;
const WANTED = 16;

function read(...parts: (number | number[])[]) {
  const queue = parts.map((part) => (typeof part === 'number' ? part : new Uint8Array(part)));
  const receive = () => queue.shift() ?? -ENOBUFS;
  return readDump('Cannot list', receive, WANTED, (payload) => payload[0]);
}

const item = (value: number, flags = MULTI, sequence = 1) => message(WANTED, flags, sequence, [value]);
const done = (result = 0, flags = MULTI) => message(3, flags, 1, u32(result));

describe('readDump()', () => {
  test('gathers several datagrams up to the end', () => {
    expect(read([...item(1), ...item(2)], item(3), done())).toEqual({
      items: [1, 2, 3],
      isInterrupted: false,
    });
  });

  test('passes over signals, other types and other requests', () => {
    expect(
      read(-EINTR, [...item(1, MULTI, 9), ...message(17, MULTI, 1, [5])], item(2), done()).items,
    ).toEqual([2]);
  });

  test.each([
    ['an interrupted item', [item(1, INTERRUPTED), done()]],
    ['an interrupted end', [item(1), done(0, INTERRUPTED)]],
    ['EINTR as the result', [item(1), done(-EINTR)]],
  ])('tells of %s', (_, parts) => {
    expect(read(...parts)).toEqual({ items: [1], isInterrupted: true });
  });

  test.each([
    ['recv fails', [-ENOBUFS], /^Cannot list: recv answered ENOBUFS$/],
    ['the kernel refuses', [message(2, 0, 1, [...u32(-1), ...u32(0)])], /netlink dump answered EPERM/],
    ['the dump breaks off', [item(1), done(-12)], /netlink dump answered ENOMEM/],
    ['the end never comes', [item(1)], /recv answered ENOBUFS/],
  ])('throws when %s', (_, parts, expected) => {
    expect(() => read(...parts)).toThrow(expected);
  });
});

describe('dumpLinks() and dumpAddresses()', () => {
  test('agree with Node about this machine', () => {
    const links = new Map(dumpLinks().map((link) => [link.index, link]));
    expect([...links.values()].find(({ isLoopback }) => isLoopback)).toMatchObject({ name: 'lo' });
    const addresses = dumpAddresses().map(({ linkIndex, address, prefixLength }) => {
      return `${links.get(linkIndex)?.name} ${address}/${prefixLength}`;
    });
    const nodes = Object.entries(networkInterfaces()).flatMap(([name, list]) => {
      return (list ?? []).map(({ cidr }) => `${name} ${cidr}`);
    });
    expect(addresses).toEqual(expect.arrayContaining(nodes));
  });

  test('leave no descriptor open', () => {
    const before = nextDescriptor();
    for (let i = 0; i < 50; i++) dumpLinks();
    expect(nextDescriptor()).toBeLessThan(before + 10);
  });
});

/** The number the next descriptor gets. */
function nextDescriptor(): number {
  const fd = openSync('/dev/null', 'r');
  closeSync(fd);
  return fd;
}
