import { describe, expect, test } from 'vitest';
import { parseClientConfig } from '../config/index.ts';
import type { NetworkInterface } from '../interfaces/index.ts';
import { type Candidate, missingInterfaces, planPaths } from './path-plan.ts';

const both4 = '198.51.100.1';
const both6 = '2001:db8:9::1';
/** What each host name resolves to; any other name does not. */
const names: Readonly<Record<string, readonly string[]>> = {
  'v4.test': [both4],
  'v6.test': [both6],
  'both.test': [both6, both4],
};

/** An interface with the addresses given; one in parentheses is not usable. */
function nic(name: string, ...addresses: string[]): NetworkInterface {
  const kind = name.startsWith('br') ? 'bridge' : 'ethernet';
  return {
    name,
    index: Number(/\d+/.exec(name)?.[0] ?? 0) + 2,
    kind,
    isUp: true,
    hasCarrier: true,
    mtu: 1500,
    addresses: addresses.map((text) => {
      const address = text.replace(/[()]/g, '');
      const usable = address === text;
      return { family: address.includes(':') ? 6 : 4, address, prefixLength: 24, usable };
    }),
  };
}

const e0 = nic('e0', '192.0.2.1', '192.0.2.11', '2001:db8::1');
const e1 = nic('e1', '192.0.2.2');
const e2 = nic('e2', '2001:db8::2');

/** @param dstAddr and more lines of the section `client:`, each indented by two spaces */
function plan(
  dstAddr: string,
  more: readonly string[],
  interfaces: readonly NetworkInterface[],
  current: Readonly<Record<string, string>> = {},
): Candidate[] {
  const lines = ['client:', '  listenAddr: 127.0.0.1:59401', `  dstAddr: "${dstAddr}"`, ...more];
  return planPaths({
    config: parseClientConfig(lines.join('\n'), 'engarde.yml').config,
    interfaces,
    addressesOf: (host) => names[host] ?? (/[a-z]/.test(host.replace(/[a-f0-9:]/g, '')) ? [] : [host]),
    currentSource: (name) => current[name],
  });
}

/** `name source -> destination`, or `name (reason)`. */
function summary({ name, path, reason }: Candidate): string {
  if (path === undefined) return `${name} (${reason})`;
  const { source = 'any', device = 'any', destination } = path;
  return `${name} ${source}%${device} -> ${destination.address} ${destination.port}`;
}

const noFamily = "no usable address of the destination's family";

describe('planPaths() without explicit paths', () => {
  test.each<[string, string, string[], NetworkInterface[], string[]]>([
    [
      'takes one path per interface, from its best address',
      '198.51.100.1:7',
      [],
      [e0, e1],
      ['e0 192.0.2.1%e0 -> 198.51.100.1 7', 'e1 192.0.2.2%e1 -> 198.51.100.1 7'],
    ],
    [
      'needs an address of the destination’s family',
      '198.51.100.1:7',
      [],
      [e1, e2],
      ['e1 192.0.2.2%e1 -> 198.51.100.1 7', `e2 (${noFamily})`],
    ],
    [
      'goes by IPv6 to an IPv6 destination',
      '[2001:db8:9::1]:7',
      [],
      [e0, e1],
      ['e0 2001:db8::1%e0 -> 2001:db8:9::1 7', `e1 (${noFamily})`],
    ],
    [
      'takes the first family that both have, each interface by itself',
      'both.test:7',
      [],
      [e0, e1, e2],
      [
        'e0 2001:db8::1%e0 -> 2001:db8:9::1 7',
        'e1 192.0.2.2%e1 -> 198.51.100.1 7',
        'e2 2001:db8::2%e2 -> 2001:db8:9::1 7',
      ],
    ],
    [
      'waits for a name that does not resolve',
      'nowhere.test:7',
      [],
      [e0],
      ['e0 (destination nowhere.test:7 does not resolve)'],
    ],
    [
      'lets an override lead one interface elsewhere',
      '198.51.100.1:7',
      ['  dstOverrides: [{ ifName: e1, dstAddr: "203.0.113.9:8" }]'],
      [e0, e1],
      ['e0 192.0.2.1%e0 -> 198.51.100.1 7', 'e1 192.0.2.2%e1 -> 203.0.113.9 8'],
    ],
    [
      'waits for an override’s name without holding up the others',
      '198.51.100.1:7',
      ['  dstOverrides: [{ ifName: e1, dstAddr: "nowhere.test:8" }]'],
      [e0, e1],
      ['e0 192.0.2.1%e0 -> 198.51.100.1 7', 'e1 (destination nowhere.test:8 does not resolve)'],
    ],
    [
      'passes over addresses that are not usable',
      '198.51.100.1:7',
      [],
      [nic('e0', '(169.254.1.1)', '192.0.2.1'), nic('e1', '(169.254.1.2)'), nic('e2')],
      [
        'e0 192.0.2.1%e0 -> 198.51.100.1 7',
        expect.stringContaining('e1 (no usable address'),
        'e2 (no usable address)',
      ],
    ],
    [
      'leaves out by the lists and by default',
      '198.51.100.1:7',
      ['  excludedInterfaces: ["e1*"]'],
      [e0, nic('e11', '192.0.2.3'), nic('br0', '192.0.2.4')],
      ['e0 192.0.2.1%e0 -> 198.51.100.1 7', 'e11 (excluded in engarde.yml)', 'br0 (bridge)'],
    ],
    ['has nothing to plan on a host without interfaces', '198.51.100.1:7', [], [], []],
  ])('%s', (_, dstAddr, more, interfaces, expected) => {
    expect(plan(dstAddr, more, interfaces).map(summary)).toEqual(expected);
  });

  test('keeps the source in use while it is good, whatever else there is', () => {
    const source = (current: string) => plan('198.51.100.1:7', [], [e0], { e0: current })[0]!.path!.source;
    expect(source('192.0.2.11')).toBe('192.0.2.11');
    expect(source('192.0.2.99')).toBe('192.0.2.1');
    expect(source('2001:db8::1')).toBe('192.0.2.1');
  });

  test('tells what is left out by choice from what only lacks something', () => {
    const interfaces = [e0, nic('e1'), nic('br0', '192.0.2.4'), nic('e4', '192.0.2.5')];
    const candidates = plan('198.51.100.1:7', ['  excludedInterfaces: [e4]'], interfaces);
    expect(candidates.map(({ excludedBy }) => excludedBy)).toEqual([undefined, undefined, 'default', 'file']);
  });

  test('carries labels along, for interfaces with and without a path', () => {
    const labels = ['  interfaceLabels: { e0: Cable, e2: Satellite }'];
    expect(plan('198.51.100.1:7', labels, [e0, e1, e2]).map(({ label }) => label)).toEqual([
      'Cable',
      undefined,
      'Satellite',
    ]);
  });

  test('gives the same key as long as the socket may stay', () => {
    const key = (one: NetworkInterface, dstAddr = '198.51.100.1:7') => plan(dstAddr, [], [one])[0]!.path!.key;
    const before = key(e1);
    expect(key({ ...e1, isUp: false, hasCarrier: false, mtu: 1400 })).toBe(before);
    expect(key({ ...e1, index: 99 }), 'made anew').not.toBe(before);
    expect(key(nic('e1', '192.0.2.77')), 'another address').not.toBe(before);
    expect(key(e1, '198.51.100.2:7'), 'another destination').not.toBe(before);
    expect(key(e1, '198.51.100.1:8'), 'another port').not.toBe(before);
  });
});

describe('planPaths() with explicit paths', () => {
  const to4 = '198.51.100.1:7';
  test.each<[string, string, string, string]>([
    ['only a name: the system chooses all', to4, '{ name: a }', 'a any%any -> 198.51.100.1 7'],
    ['a destination of its own', to4, '{ name: a, dstAddr: "203.0.113.9:8" }', 'a any%any -> 203.0.113.9 8'],
    ['an interface', to4, '{ name: a, ifName: e0 }', 'a 192.0.2.1%e0 -> 198.51.100.1 7'],
    [
      'an interface and its second address',
      to4,
      '{ name: a, ifName: e0, srcAddr: 192.0.2.11 }',
      'a 192.0.2.11%e0 -> 198.51.100.1 7',
    ],
    ['an address alone', to4, '{ name: a, srcAddr: 192.0.2.11 }', 'a 192.0.2.11%any -> 198.51.100.1 7'],
    [
      'an address the kernel spells otherwise',
      '[2001:db8:9::1]:7',
      '{ name: a, srcAddr: "2001:DB8:0::0001" }',
      'a 2001:db8::1%any -> 2001:db8:9::1 7',
    ],
    ['a missing interface', to4, '{ name: a, ifName: e9 }', 'a (interface e9 does not exist)'],
    [
      'a missing address',
      to4,
      '{ name: a, srcAddr: 192.0.2.99 }',
      'a (srcAddr 192.0.2.99 is not an address of this host)',
    ],
    [
      'an address of another interface',
      to4,
      '{ name: a, ifName: e0, srcAddr: 192.0.2.2 }',
      'a (srcAddr 192.0.2.2 is not an address of e0)',
    ],
    [
      'the address decides between the families of a name',
      'both.test:7',
      '{ name: a, srcAddr: 192.0.2.1 }',
      'a 192.0.2.1%any -> 198.51.100.1 7',
    ],
    [
      'an address of a family that the name lacks',
      'v6.test:7',
      '{ name: a, srcAddr: 192.0.2.1 }',
      'a (destination has no IPv4 address)',
    ],
    ['an interface of another family', 'v6.test:7', '{ name: a, ifName: e1 }', `a (${noFamily})`],
    [
      'a name that does not resolve',
      'nowhere.test:7',
      '{ name: a, srcAddr: 192.0.2.1 }',
      'a (destination nowhere.test:7 does not resolve)',
    ],
    [
      'nothing but such a name',
      'nowhere.test:7',
      '{ name: a }',
      'a (destination nowhere.test:7 does not resolve)',
    ],
    ['a bridge: named is wanted', to4, '{ name: a, ifName: br0 }', 'a 192.0.2.4%br0 -> 198.51.100.1 7'],
  ])('%s', (_, dstAddr, entry, expected) => {
    const interfaces = [e0, e1, e2, nic('br0', '192.0.2.4')];
    expect(plan(dstAddr, [`  paths: [${entry}]`], interfaces).map(summary)).toEqual([expected]);
  });

  test("takes the interface's override, and the entry's own destination before it", () => {
    const more = [
      '  dstOverrides: [{ ifName: e1, dstAddr: "203.0.113.9:8" }]',
      '  paths: [{ name: a, ifName: e1 }, { name: b, ifName: e1, dstAddr: "203.0.113.10:9" }, { name: c }]',
    ];
    expect(plan('198.51.100.1:7', more, [e1]).map(summary)).toEqual([
      'a 192.0.2.2%e1 -> 203.0.113.9 8',
      'b 192.0.2.2%e1 -> 203.0.113.10 9',
      'c any%any -> 198.51.100.1 7',
    ]);
  });

  test('a path whose source the system chose is opened anew when addresses change', () => {
    const key = (...interfaces: NetworkInterface[]) =>
      plan('198.51.100.1:7', ['  paths: [{ name: a }]'], interfaces)[0]!.path!.key;
    expect(key({ ...e1, mtu: 1400, isUp: false })).toBe(key(e1));
    expect(key(nic('e1', '192.0.2.77'))).not.toBe(key(e1));
    expect(key(e1, e2)).not.toBe(key(e1));
  });

  test('gives each of two paths over one card its own key', () => {
    const more = ['  paths: [{ name: a, srcAddr: 192.0.2.1 }, { name: b, srcAddr: 192.0.2.11 }]'];
    const keys = plan('198.51.100.1:7', more, [e0]).map(({ path }) => path?.key);
    expect(new Set(keys).size).toBe(2);
  });
});

test.each([
  ['', []],
  ['dstOverrides: [{ ifName: e0, dstAddr: "a:7" }, { ifName: e8, dstAddr: "a:7" }]', ['e8']],
  ['includedInterfaces: [e0, e8, "+e9", "e*", "w*"]', ['e8', 'e9', 'w*']],
  ['excludedInterfaces: [e8]\n  interfaceLabels: { e9: Cable }', []],
])('missingInterfaces() of %j: %j', (keys, expected) => {
  const text = `client:\n  listenAddr: 127.0.0.1:7\n  dstAddr: a:8\n  ${keys}`;
  expect(missingInterfaces(parseClientConfig(text, 'engarde.yml').config, [e0])).toEqual(expected);
});
