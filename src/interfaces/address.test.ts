import { describe, expect, test } from 'vitest';
import { type ListedAddress, rankAddresses } from './address.ts';

function listed(address: string, state: Partial<ListedAddress> = {}): ListedAddress {
  return { family: address.includes(':') ? 6 : 4, address, prefixLength: 24, isPermanent: true, ...state };
}

describe('rankAddresses()', () => {
  test.each([
    ['192.0.2.7', undefined],
    ['10.0.0.1', undefined],
    ['100.64.0.1', undefined],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.1', 'loopback'],
    ['169.254.0.1', 'link-local'],
    ['169.255.0.1', undefined],
    ['0.0.0.0', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['2001:db8::7', undefined],
    ['fd00::1', undefined],
    ['::1', 'loopback'],
    ['::', 'unspecified'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', undefined],
    ['ff02::1', 'multicast'],
  ])('%s: %s', (address, why) => {
    const [ranked] = rankAddresses([listed(address)]);
    expect(ranked?.usable).toBe(why === undefined);
    expect(ranked?.why).toBe(why);
  });

  test('tells what duplicate detection says before what the address is', () => {
    expect(rankAddresses([listed('fe80::1', { isTentative: true })])[0]?.why).toBe('tentative');
    expect(rankAddresses([listed('2001:db8::1', { isTentative: true, isDuplicate: true })])[0]?.why).toBe(
      'duplicate',
    );
  });

  test.each([
    ['usable first', listed('fe80::1'), listed('2001:db8::1', { isDeprecated: true })],
    ['preferred first', listed('192.0.2.1', { isDeprecated: true }), listed('192.0.2.2')],
    [
      "the subnet's first",
      listed('192.0.2.2', { isSecondary: true }),
      listed('192.0.2.1', { isPermanent: false }),
    ],
    ['stable before temporary', listed('2001:db8::2', { isTemporary: true }), listed('2001:db8::1')],
    ['global before unique local', listed('fd00::1'), listed('2001:db8::1', { isTemporary: true })],
    ['set by hand first', listed('192.0.2.2', { isPermanent: false }), listed('198.51.100.1')],
  ])('puts %s', (_, worse, better) => {
    const order = [better.address, worse.address];
    expect(rankAddresses([worse, better]).map(({ address }) => address)).toEqual(order);
    expect(rankAddresses([better, worse]).map(({ address }) => address)).toEqual(order);
  });

  test('marks what is on its way out', () => {
    const [old, fresh] = [listed('2001:db8:a::1', { isDeprecated: true }), listed('2001:db8:b::1')];
    expect(rankAddresses([old, fresh]).map(({ isDeprecated }) => isDeprecated)).toEqual([undefined, true]);
  });

  test("keeps the system's order of equals", () => {
    const addresses = ['192.0.2.9', '192.0.2.1', '192.0.2.5'];
    expect(rankAddresses(addresses.map((one) => listed(one))).map(({ address }) => address)).toEqual(
      addresses,
    );
  });
});
