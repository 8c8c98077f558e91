import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ADDRESS_WORDS, type SocketAddress, writeAddressWords } from '../net/index.ts';
import { AF_INET, AF_INET6 } from './constants.ts';
import { Region } from './memory.ts';
import { domainOf, readSockaddr, sockaddrToAddress, writeSockaddr } from './socket-address.ts';

const port = fc.integer({ min: 0, max: 65_535 });
const ipv4 = fc.record<SocketAddress>({ address: fc.ipV4(), port });
const ipv6 = fc.record<SocketAddress>({ address: fc.ipV6(), port });
const AT = 8;

describe('writeSockaddr()', () => {
  test.each([
    {
      address: '192.0.2.7',
      domain: AF_INET,
      hex: '0200 e80a c0000207 0000000000000000',
    },
    {
      address: '192.0.2.7',
      domain: AF_INET6,
      hex: '0a00 e80a 00000000 00000000000000000000ffffc0000207 00000000',
    },
    {
      address: '2001:db8::7',
      domain: AF_INET6,
      hex: '0a00 e80a 00000000 20010db8000000000000000000000007 00000000',
    },
    {
      address: 'fe80::7%258',
      domain: AF_INET6,
      hex: '0a00 e80a 00000000 fe800000000000000000000000000007 02010000',
    },
  ])('lays $address out for a socket of domain $domain', ({ address, domain, hex }) => {
    const region = filled();
    const length = writeSockaddr(region, AT, { address, port: 59_402 }, domain);
    const bytes = Buffer.from(region.bytes.slice(AT, AT + length)).toString('hex');
    expect(bytes).toBe(hex.replaceAll(' ', ''));
  });

  test('writes nothing beyond the length it returns', () => {
    for (const domain of [AF_INET, AF_INET6]) {
      const region = filled();
      const length = writeSockaddr(region, AT, { address: '192.0.2.7', port: 1 }, domain);
      expect(region.bytes.subarray(0, AT).every((byte) => byte === 0xee)).toBe(true);
      expect(region.bytes.subarray(AT + length).every((byte) => byte === 0xee)).toBe(true);
    }
  });
});

describe('sockaddrToAddress()', () => {
  test('reads what writeSockaddr() wrote', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        for (const domain of [AF_INET, AF_INET6]) {
          const region = filled();
          writeSockaddr(region, AT, address, domain);
          expect(sockaddrToAddress(region, AT)).toEqual(address);
        }
      }),
    );
  });
});

describe('readSockaddr()', () => {
  test('gives the words that writeAddressWords() gives, whatever the family of the socket', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (address) => {
        const wanted = new Uint32Array(ADDRESS_WORDS);
        writeAddressWords(wanted, 0, address);
        const domains = domainOf(address.address) === AF_INET ? [AF_INET, AF_INET6] : [AF_INET6];
        for (const domain of domains) {
          const region = filled();
          writeSockaddr(region, AT, address, domain);
          const words = new Uint32Array(ADDRESS_WORDS + 2);
          readSockaddr(region, AT, words, 1);
          expect([...words]).toEqual([0, ...wanted, 0]);
        }
      }),
    );
  });
});

function filled(): Region {
  const region = new Region(64);
  region.bytes.fill(0xee);
  return region;
}
