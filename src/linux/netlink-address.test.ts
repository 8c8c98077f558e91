import { describe, expect, test } from 'vitest';
import { attribute, u32 } from '../../test/netlink-samples.ts';
import { parseAddress } from './netlink-address.ts';

const IPV6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];

function address(family: number, flags: number, ...attributes: number[][]): Uint8Array {
  return new Uint8Array([family, 24, flags, 0, ...u32(3), ...attributes.flat()]);
}

describe('parseAddress()', () => {
  test('reads IPv4, IPv6, and our end of a point-to-point link', () => {
    expect(parseAddress(address(2, 0x80, attribute(1, [192, 0, 2, 7])))).toEqual({
      linkIndex: 3,
      family: 4,
      address: '192.0.2.7',
      prefixLength: 24,
      scope: 0,
      isSecondary: false,
      isTemporary: false,
      isDeprecated: false,
      isTentative: false,
      isDuplicate: false,
      isPermanent: true,
    });
    expect(parseAddress(address(10, 0, attribute(1, IPV6)))?.address).toBe('2001:db8::7');
    const pointToPoint = address(2, 0, attribute(1, [10, 0, 0, 2]), attribute(2, [10, 0, 0, 1]));
    expect(parseAddress(pointToPoint)?.address).toBe('10.0.0.1');
  });

  test.each([
    ['IPv4 secondary', 2, 0x01, { isSecondary: true, isTemporary: false }],
    ['IPv6 temporary', 10, 0x01, { isSecondary: false, isTemporary: true }],
    ['tentative', 10, 0x40, { isTentative: true }],
    ['optimistic', 10, 0x44, { isTentative: false }],
    ['duplicate', 10, 0x48, { isDuplicate: true }],
    ['deprecated', 10, 0x20, { isDeprecated: true, isPermanent: false }],
  ])('tells %s', (_, family, flags, state) => {
    const value = attribute(1, family === 2 ? [192, 0, 2, 7] : IPV6);
    expect(parseAddress(address(family, flags, value))).toMatchObject(state);
    // The attribute has all 32 bits and outdoes the header.
    expect(parseAddress(address(family, 0, value, attribute(8, u32(flags))))).toMatchObject(state);
  });

  test.each([
    ['another family', address(7, 0, attribute(1, [1, 2, 3, 4]))],
    ['no address', address(2, 0)],
    ['an IPv4 address of 3 bytes', address(2, 0, attribute(1, [1, 2, 3]))],
    ['an IPv6 address of 4 bytes', address(10, 0, attribute(1, [1, 2, 3, 4]))],
    [
      'an IPv4-mapped address',
      address(10, 0, attribute(1, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4])),
    ],
  ])('gives nothing for %s', (_, payload) => {
    expect(parseAddress(payload)).toBeUndefined();
  });

  test('gives nothing when cut anywhere', () => {
    const whole = address(10, 0, attribute(1, IPV6));
    for (let length = 0; length < whole.length; length++) {
      expect(parseAddress(whole.subarray(0, length))).toBeUndefined();
    }
  });
});
