import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import type { Link, LinkAddress } from '../linux/index.ts';
import { interfacesFromNetlink } from './from-netlink.ts';
import { interfacesFromNode } from './from-node.ts';
import { listInterfaces } from './list.ts';
import { watchInterfaces } from './watch.ts';

const link = (index: number, name: string, more: Partial<Link> = {}): Link => ({
  index,
  name,
  hardwareType: 1,
  flags: 0,
  isLoopback: false,
  isUp: true,
  hasCarrier: true,
  mtu: 1500,
  operstate: 'up',
  ...more,
});
const address = (linkIndex: number, text: string) =>
  ({ linkIndex, family: 4, address: text, prefixLength: 24, isPermanent: true }) as LinkAddress;
const nothing = { isWireless: () => false, isModem: () => false, hasWireguardSocket: () => false };

describe('interfacesFromNetlink()', () => {
  test('gives each device its addresses, and a bridge port its bridge', () => {
    const interfaces = interfacesFromNetlink(
      [
        link(2, 'eth0', { masterKind: 'bridge', masterIndex: 3 }),
        link(3, 'br0', { kind: 'bridge' }),
        link(4, 'eth1', { masterKind: 'vrf', masterIndex: 9 }),
      ],
      [address(3, '192.0.2.1'), address(4, '192.0.2.2'), address(3, '169.254.0.1'), address(8, '192.0.2.3')],
      nothing,
    );
    expect(interfaces.map(({ name, kind, bridge }) => [name, kind, bridge])).toEqual([
      ['eth0', 'ethernet', 'br0'],
      ['br0', 'bridge', undefined],
      ['eth1', 'ethernet', undefined],
    ]);
    expect(interfaces.map(({ addresses }) => addresses.map((one) => one.address))).toEqual([
      [],
      ['192.0.2.1', '169.254.0.1'],
      ['192.0.2.2'],
    ]);
  });

  test('asks the file system only where rtnetlink leaves it open', () => {
    const evidence = { isWireless: () => true, isModem: () => true, hasWireguardSocket: () => true };
    const kinds = interfacesFromNetlink(
      [
        link(1, 'lo', { isLoopback: true }),
        link(2, 'radio', {}),
        link(3, 'c0', { kind: 'veth' }),
        link(4, 'home', { kind: 'tun' }),
      ],
      [],
      evidence,
    ).map(({ kind }) => kind);
    expect(kinds).toEqual(['loopback', 'wifi', 'ethernet', 'wireguard']);
  });
});

describe.each([
  ['listInterfaces()', listInterfaces],
  ['interfacesFromNode()', interfacesFromNode],
])('%s', (_, list) => {
  test('has every interface and address that Node has', () => {
    const interfaces = list();
    for (const [name, addresses] of Object.entries(networkInterfaces())) {
      const found = interfaces.find((one) => one.name === name);
      expect(found).toMatchObject({ isUp: true, mtu: expect.any(Number) });
      expect(found!.addresses.map((one) => one.address).sort()).toEqual(
        addresses!.map((one) => one.address).sort(),
      );
    }
    expect(interfaces.find(({ kind }) => kind === 'loopback')?.addresses[0]?.why).toBe('loopback');
  });
});

test('watchInterfaces() says when notification fails, and goes on without', async () => {
  const faults: string[] = [];
  const before = socketsOfThisProcess();
  const watch = watchInterfaces(
    () => {},
    (message) => faults.push(message),
  );
  const [netlink] = socketsOfThisProcess().filter((fd) => !before.includes(fd));
  // What it waits for becomes something that always has news, and of which no announcement can be read.
  const nothing = openSync('/dev/zero', 'r');
  koffi.load(null).func('int dup2(int, int)')(nothing, netlink!);
  closeSync(nothing);

  await expect.poll(() => faults, { timeout: 5000 }).toHaveLength(1);
  expect(faults[0]).toBe(
    'Cannot watch network devices: recv answered ENOTSOCK; looking every 100 ms instead',
  );
  watch.close();
});

function socketsOfThisProcess(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => linkOf(fd).startsWith('socket:'));
}

/** Where the descriptor leads; empty for the one by which the list itself was read. */
function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
