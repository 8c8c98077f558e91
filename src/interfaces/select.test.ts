import { describe, expect, test } from 'vitest';
import { compileGlobs } from '../config/index.ts';
import type { InterfaceAddress, InterfaceKind, NetworkInterface } from './interface.ts';
import { chooseAddress, selectInterfaces } from './select.ts';

function at(address: string, why?: string): InterfaceAddress {
  const family = address.includes(':') ? 6 : 4;
  return { family, address, prefixLength: 24, usable: why === undefined, ...(why !== undefined && { why }) };
}

function named(name: string, kind: InterfaceKind = 'ethernet', more: Partial<NetworkInterface> = {}) {
  const addresses = [at('192.0.2.7')];
  return { name, index: 2, kind, isUp: true, hasCarrier: true, mtu: 1500, addresses, ...more };
}

function verdictOf(one: NetworkInterface, excluded: string[] = [], included: string[] = []) {
  const [verdict] = selectInterfaces([one], { excluded, included }, compileGlobs);
  const { isUsed, reason, excludedBy } = verdict!;
  return excludedBy === undefined ? [isUsed, reason] : [isUsed, reason, excludedBy];
}

const USED = [true, ''];
const linkLocal = [at('169.254.1.2', 'link-local'), at('fe80::1', 'link-local')];

describe('selectInterfaces()', () => {
  test.each([
    ['Ethernet', named('eth0'), USED],
    ['a tunnel', named('tun0', 'tunnel'), USED],
    ['a dummy with an address', named('dummy0', 'virtual'), USED],
    ['a link that is down', named('eth0', 'ethernet', { isUp: false, hasCarrier: false }), USED],
    ['a link without carrier', named('eth0', 'ethernet', { hasCarrier: false }), USED],
    ['loopback', named('lo', 'loopback'), [false, 'loopback', 'default']],
    ['WireGuard', named('wg0', 'wireguard'), [false, 'WireGuard interface', 'default']],
    ['a bridge', named('br0', 'bridge'), [false, 'bridge', 'default']],
    ["a container's", named('docker0', 'container'), [false, 'container interface', 'default']],
    [
      'a port of a bridge',
      named('eth1', 'ethernet', { bridge: 'br0' }),
      [false, 'port of bridge br0', 'default'],
    ],
    ['no address', named('eth0', 'ethernet', { addresses: [] }), [false, 'no usable address']],
    [
      'only unusable addresses',
      named('eth0', 'ethernet', { addresses: linkLocal }),
      [false, 'no usable address (only link-local)'],
    ],
    [
      'down, without an address',
      named('eth0', 'ethernet', { isUp: false, addresses: [] }),
      [false, 'down, no usable address'],
    ],
  ])('by default: %s', (_, one, expected) => {
    expect(verdictOf(one)).toEqual(expected);
  });

  const inFile = [false, 'excluded in engarde.yml', 'file'];
  const notListed = [false, 'not in includedInterfaces', 'file'];
  test.each<[string, NetworkInterface, string[], string[], (boolean | string)[]]>([
    ['excluded by name', named('eth0'), ['eth0'], [], inFile],
    ['excluded by a glob', named('eth0'), ['eth*'], [], inFile],
    ['another is excluded', named('eth1'), ['eth0'], [], USED],
    ['excluded beats included', named('eth0'), ['eth*'], ['eth0', '+eth0'], inFile],
    ['excluded tells before the default does', named('lo', 'loopback'), ['lo'], [], inFile],
    ['on the allow-list', named('eth0'), [], ['eth*'], USED],
    ['not on the allow-list', named('wlan0', 'wifi'), [], ['eth*'], notListed],
    ['the allow-list brings back', named('wg0', 'wireguard'), [], ['wg0'], USED],
    ['not on the allow-list, left out anyway', named('wg0', 'wireguard'), [], ['eth0'], notListed],
    ['+ brings back', named('br0', 'bridge'), [], ['+br0'], USED],
    ['+ takes globs', named('br0', 'bridge'), [], ['+br*'], USED],
    ['+ does not restrict', named('eth0'), [], ['+br0'], USED],
    ['+ leaves the other defaults', named('lo', 'loopback'), [], ['+br0'], [false, 'loopback', 'default']],
    ['+ adds to an allow-list', named('br0', 'bridge'), [], ['eth0', '+br0'], USED],
    ['+ brings a bridge port back', named('eth1', 'ethernet', { bridge: 'br0' }), [], ['+eth1'], USED],
  ])('%s', (_, one, excluded, included, expected) => {
    expect(verdictOf(one, excluded, included)).toEqual(expected);
  });

  test('keeps the order and the interfaces given', () => {
    const interfaces = [named('b'), named('lo', 'loopback'), named('a')];
    const verdicts = selectInterfaces(interfaces, { excluded: [], included: [] }, compileGlobs);
    expect(verdicts.map((verdict) => verdict.interface)).toEqual(interfaces);
  });
});

describe('chooseAddress()', () => {
  const addresses = [at('192.0.2.7'), at('2001:db8::1'), at('192.0.2.8'), at('169.254.0.1', 'link-local')];
  const one = named('eth0', 'ethernet', { addresses });

  test.each([
    [4, undefined, '192.0.2.7'],
    [4, '192.0.2.8', '192.0.2.8'],
    [4, '192.0.2.99', '192.0.2.7'],
    [4, '169.254.0.1', '192.0.2.7'],
    [4, '2001:db8::1', '192.0.2.7'],
    [6, undefined, '2001:db8::1'],
  ] as const)('IPv%i with %s so far: %s', (family, current, expected) => {
    expect(chooseAddress(one, family, current)).toBe(expected);
  });

  test('leaves an address that is on its way out for one that is not, and only for such', () => {
    const [old, alsoOld, fresh] = ['2001:db8:a::1', '2001:db8:b::1', '2001:db8:c::1'];
    const goingOut = [old, alsoOld].map((address) => ({ ...at(address!), isDeprecated: true as const }));
    const link = (list: InterfaceAddress[]) => named('eth0', 'ethernet', { addresses: list });
    expect(chooseAddress(link([at(fresh!), ...goingOut]), 6, old)).toBe(fresh);
    expect(chooseAddress(link(goingOut), 6, alsoOld)).toBe(alsoOld);
    expect(chooseAddress(link(goingOut), 6)).toBe(old);
  });

  test('gives none when none is usable', () => {
    expect(chooseAddress(named('eth0', 'ethernet', { addresses: linkLocal }), 4)).toBeUndefined();
    expect(chooseAddress(named('eth0'), 6)).toBeUndefined();
  });
});
