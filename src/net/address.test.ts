import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_WORDS, formatAddress, parseIp, readAddressWords, writeAddressWords } from './address.ts';

const roundTrip = (address: string, port = 1) => {
  const words = new Uint32Array(ADDRESS_WORDS + 3);
  writeAddressWords(words, 3, { address, port });
  return readAddressWords(words, 3);
};

describe('address words', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['0.0.0.0', '0.0.0.0'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8::0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
  ])('%s reads back as %s', (written, read) => {
    expect(roundTrip(written, 59402)).toEqual({ address: read, port: 59402 });
  });

  it('round-trips every address', () => {
    const literal = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(literal, fc.integer({ min: 0, max: 65535 }), (address, port) => {
        const once = roundTrip(address, port);
        expect(once.port).toBe(port);
        expect(parseIp(once.address)).toEqual(parseIp(address));
      }),
    );
  });

  it('refuses what is not an address literal', () => {
    expect(() => roundTrip('example.org')).toThrow(/Cannot read address "example.org"/);
  });
});

describe('formatAddress()', () => {
  it('puts IPv6 in brackets', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const text = formatAddress({ address, port: 7 });
        expect(text).toBe(isIPv4(address) ? `${address}:7` : `[${address}]:7`);
      }),
    );
  });
});
