import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatHostPort, parseDstAddr, parseListenAddr } from './host-port.ts';

describe('parseListenAddr()', () => {
  it.each([
    ['127.0.0.1:59401', { host: '127.0.0.1', port: 59401 }],
    ['[::1]:1', { host: '::1', port: 1 }],
    ['[fe80::1%eth0]:65535', { host: 'fe80::1%eth0', port: 65535 }],
    [':59402', { host: '::', port: 59402 }],
    ['LocalHost:5', { host: '127.0.0.1', port: 5 }],
    ['host.example:5', 'an IP address of this machine before the port, or none for all of them: ":5"'],
    ['59401', 'an address and a port, such as "127.0.0.1:59401"'],
    ['127.0.0.1', 'a port after the address, such as "127.0.0.1:59401"'],
    ['127.0.0.1:', 'a port after the address, such as "127.0.0.1:59401"'],
    ['127.0.0.1:0', 'a port from 1 to 65535 after the last colon'],
    ['127.0.0.1:65536', 'a port from 1 to 65535 after the last colon'],
    ['127.0.0.1:-1', 'a port from 1 to 65535 after the last colon'],
    ['127.0.0.1:0x10', 'a port from 1 to 65535 after the last colon'],
    ['[127.0.0.1]:5', 'an IPv6 address between the brackets, such as "[2001:db8::1]:59401"'],
    ['[::1]', 'a port after the address, such as "[::1]:59401"'],
    ['::1:59401', 'brackets around the IPv6 address: "[::1]:59401"'],
    ['2001:db8::1', 'brackets around the IPv6 address and a port: "[2001:db8::1]:59401"'],
    ['a:b:c', 'one address and one port, such as "192.0.2.1:59401" or "[2001:db8::1]:59401"'],
  ])('takes %j for %j', (text, wanted) => {
    expect(parseListenAddr(text)).toEqual(wanted);
  });
});

describe('parseDstAddr()', () => {
  it.each([
    ['server.example.com:59402', { host: 'server.example.com', port: 59402 }],
    ['server.example.com.:1', { host: 'server.example.com.', port: 1 }],
    ['my_host:1', { host: 'my_host', port: 1 }],
    ['[2001:db8::1]:59401', { host: '2001:db8::1', port: 59401 }],
    [':59401', 'a host before the port; for this machine write "127.0.0.1:59401"'],
    ['300.1.1.1:5', 'an IP address or a host name before the port, such as "server.example.com:5"'],
    ['-a.example:5', 'an IP address or a host name before the port, such as "server.example.com:5"'],
    ['a..b:5', 'an IP address or a host name before the port, such as "server.example.com:5"'],
    [
      `${'a'.repeat(64)}.de:5`,
      'an IP address or a host name before the port, such as "server.example.com:5"',
    ],
    ['http://a.de:5', 'one address and one port, such as "192.0.2.1:59401" or "[2001:db8::1]:59401"'],
    ['user:secret@x', 'a port from 1 to 65535 after the last colon'],
    ['secret@x', 'a port after the address, such as "192.0.2.1:59401"'],
  ])('takes %j for %j', (text, wanted) => {
    expect(parseDstAddr(text)).toEqual(wanted);
  });

  it('is the inverse of formatHostPort()', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65535 }), (host, port) => {
        expect(parseDstAddr(formatHostPort({ host, port }))).toEqual({ host, port });
      }),
    );
  });

  it('returns a value for every text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDstAddr(text)));
  });
});
