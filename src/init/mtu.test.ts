import { describe, expect, it } from 'vitest';
import { tunnelMtu } from './mtu.ts';

describe('tunnelMtu()', () => {
  it.each<[linkMtusBytes: number[], hasIpv6: boolean, mtuBytes: number, isTooLong: boolean]>([
    [[1500], false, 1420, false],
    [[1500, 9000], false, 1420, false],
    [[9000], true, 1420, false],
    [[1500, 1492], false, 1412, false],
    [[1500, 1400, 1450], true, 1320, false],
    [[1360], true, 1280, false],
    [[1359], true, 1280, true],
    [[1359], false, 1279, false],
    [[1300], true, 1280, true],
    [[656], false, 576, false],
    [[600], false, 576, true],
    [[0], false, 1420, false],
    [[0, 1400], false, 1320, false],
    [[], true, 1420, false],
  ])('of links with %j, IPv6 inside %s, is %d', (links, hasIpv6, mtuBytes, isTooLong) => {
    expect(tunnelMtu(links, hasIpv6)).toEqual({ mtuBytes, isTooLong });
  });
});
