import { describe, expect, it } from 'vitest';
import {
  clientNumberLimit,
  contains,
  freeTunnelNet,
  hostAddress,
  overlap,
  parseSubnet,
  parseTunnelNet,
} from './tunnel-net.ts';

const subnet = (text: string) => parseSubnet(text)!;

describe('parseTunnelNet()', () => {
  it.each([
    ['10.20.0.0/24', [{ address: '10.20.0.0', prefixLength: 24 }]],
    ['10.20.0.0/30', [{ address: '10.20.0.0', prefixLength: 30 }]],
    ['fd20::/64', [{ address: 'fd20::', prefixLength: 64 }]],
    [
      '10.20.0.0/24, fd20::/64',
      [
        { address: '10.20.0.0', prefixLength: 24 },
        { address: 'fd20::', prefixLength: 64 },
      ],
    ],
  ])('takes %s', (text, found) => {
    expect(parseTunnelNet(text)).toEqual(found);
  });

  it.each([
    ['10.20.0.1/24', /first address/],
    ['10.20.0.0', /room for two/],
    ['10.20.0.0/31', /room for two/],
    ['fd20::/127', /room for two/],
    ['10.20.0.0/33', /^a subnet/],
    ['10.20.0.0/24/1', /^a subnet/],
    ['10.20.0.0/24,10.21.0.0/24', /^a subnet/],
    ['10.20.0.0/', /^a subnet/],
    ['10.20.0/24', /^a subnet/],
    ['::ffff:10.0.0.0/120', /^a subnet/],
    ['0.0.0.0/0', /8 bits/],
    ['', /^a subnet/],
  ])('wants something else than %j', (text, wanted) => {
    expect(parseTunnelNet(text)).toMatch(wanted);
  });
});

describe('hostAddress()', () => {
  it.each([
    ['10.20.0.0/24', 1, '10.20.0.1'],
    ['10.20.0.128/25', 2, '10.20.0.130'],
    ['fd20::/64', 1, 'fd20::1'],
    ['fd20::/64', 16, 'fd20::10'],
    ['fd20:0:0:1::/64', 2, 'fd20:0:0:1::2'],
    ['fd20::8:0/112', 2, 'fd20::8:2'],
    ['2001:db8:0:0:0:0:0:0/64', 2, '2001:db8:0:0:0:0:0:2'],
    ['1:2:3:4:5:6:7::/126', 2, '1:2:3:4:5:6:7:2'],
  ])('of %s, number %d, is %s', (net, number, address) => {
    expect(hostAddress(subnet(net), number)).toBe(address);
    expect(contains(subnet(net), address)).toBe(true);
  });
});

describe('overlap()', () => {
  it.each([
    ['10.20.0.0/24', '10.20.0.7/8', true],
    ['10.20.0.0/24', '10.20.0.7/32', true],
    ['10.20.0.0/24', '10.20.1.7/24', false],
    ['10.20.0.0/24', '10.20.1.7/16', true],
    ['fd20::/64', 'fd20::1/128', true],
    ['fd20::/64', 'fd20:0:0:1::1/64', false],
    ['10.20.0.0/24', 'fd20::1/64', false],
  ])('of %s and %s: %s', (one, other, wanted) => {
    expect(overlap(subnet(one), subnet(other))).toBe(wanted);
    expect(overlap(subnet(other), subnet(one))).toBe(wanted);
  });
});

describe('freeTunnelNet()', () => {
  const having = (kind: 'ethernet' | 'wireguard', ...texts: string[]) => [
    {
      kind,
      addresses: texts.map((text) => ({ ...subnet(text), family: 4 as const, usable: true })),
    },
  ];

  it.each([
    [[], '10.20.0.0/24'],
    [having('ethernet', '192.168.1.2/24'), '10.20.0.0/24'],
    [having('ethernet', '10.20.0.9/24'), '10.21.0.0/24'],
    [having('ethernet', '10.0.0.9/8'), '172.20.0.0/24'],
    [having('ethernet', '10.0.0.9/8', '172.16.0.1/12'), '192.168.20.0/24'],
    [having('wireguard', '10.20.0.9/24'), '10.20.0.0/24'],
  ])('beside %j is %s', (interfaces, net) => {
    expect(freeTunnelNet(interfaces)).toBe(net);
  });
});

describe('clientNumberLimit()', () => {
  it.each([
    ['10.20.0.0/24', 254],
    ['10.20.0.0/16', 254],
    ['10.20.0.0/30', 2],
    ['10.20.0.0/24,fd20::/125', 6],
  ])('of %s is %d', (net, limit) => {
    expect(clientNumberLimit(parseTunnelNet(net) as never)).toBe(limit);
  });
});
