import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { generateKeyPair } from '../../wireguard/index.ts';
import { parseRoute } from './routes.ts';
import { parseTable, readUdpSockets } from './sockets.ts';
import { parseDump } from './wireguard.ts';
import { parseSettings } from './wireguard-socket.ts';

const { privateKey, publicKey } = generateKeyPair();
const [own, other] = [Buffer.from(publicKey), Buffer.alloc(32, 5)];

describe('parseDump()', () => {
  test('reads an interface and its peers, and keeps no private key', () => {
    const secret = Buffer.from(privateKey).toString('base64');
    const text = [
      `${secret}\t${own.toString('base64')}\t51820\toff`,
      `${other.toString('base64')}\t(none)\t192.0.2.1:59401\t10.0.0.0/8,::/0\t1700000000\t1\t2\t25`,
      'abc\tpsk\t(none)\t(none)\t0\t0\t0\toff',
      '',
    ].join('\n');
    const settings = parseDump(text);
    expect(settings).toEqual({
      publicKey: own.toString('base64'),
      listenPort: 51820,
      peers: [
        {
          publicKey: other.toString('base64'),
          endpoint: '192.0.2.1:59401',
          allowedIps: ['10.0.0.0/8', '::/0'],
          latestHandshakeSeconds: 1_700_000_000,
          keepaliveSeconds: 25,
        },
        { publicKey: 'abc', allowedIps: [], latestHandshakeSeconds: 0, keepaliveSeconds: 0 },
      ],
    });
    expect(JSON.stringify(settings)).not.toContain(secret);
    expect(JSON.stringify(settings)).not.toContain('psk');
  });

  test('reads an interface without a key', () => {
    expect(parseDump('(none)\t(none)\t0\toff\n')).toEqual({ publicKey: '', listenPort: 0, peers: [] });
  });
});

describe('parseSettings()', () => {
  test('reads the same from a control socket', () => {
    const text = [
      `private_key=${Buffer.from(privateKey).toString('hex')}`,
      'listen_port=51820',
      `public_key=${other.toString('hex')}`,
      'preshared_key=00',
      'endpoint=[2001:db8::1]:59401',
      'last_handshake_time_sec=1700000000',
      'persistent_keepalive_interval=25',
      'allowed_ip=10.0.0.0/8',
      'allowed_ip=::/0',
      'errno=0',
      '',
      '',
    ].join('\n');
    expect(parseSettings(text)).toEqual({
      publicKey: own.toString('base64'),
      listenPort: 51820,
      peers: [
        {
          publicKey: other.toString('base64'),
          endpoint: '[2001:db8::1]:59401',
          allowedIps: ['10.0.0.0/8', '::/0'],
          latestHandshakeSeconds: 1_700_000_000,
          keepaliveSeconds: 25,
        },
      ],
    });
  });

  test('reads no key and no number from what is none', () => {
    const text = `private_key=ab\nlisten_port=x\npublic_key=\npersistent_keepalive_interval=-1\n\n`;
    expect(parseSettings(text)).toEqual({
      publicKey: '',
      listenPort: 0,
      peers: [{ publicKey: '', allowedIps: [], latestHandshakeSeconds: 0, keepaliveSeconds: 0 }],
    });
  });
});

describe('parseRoute()', () => {
  test.each([
    [
      '[{"dst":"1.2.3.4","gateway":"192.0.2.1","dev":"eth0","flags":[]}]',
      { device: 'eth0', gateway: '192.0.2.1' },
    ],
    ['[{"dst":"1.2.3.4","dev":"ppp0","metrics":[{"mtu":1400}]}]', { device: 'ppp0', mtu: 1400 }],
    ['1.2.3.4 via 192.0.2.1 dev eth0', undefined],
    [
      '[{"dev":"ppp0","gateway":5,"metrics":[null,{"mtu":"lock"},{"mtu":1400}]}]',
      { device: 'ppp0', mtu: 1400 },
    ],
    ['[]', undefined],
    ['null', undefined],
    ['[{"dev":5}]', undefined],
  ])('of %s', (json, route) => {
    expect(parseRoute(json)).toEqual(route);
  });
});

describe('readUdpSockets()', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::1'])('finds who holds a port of %s', async (address) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(0, address);
    try {
      await once(socket, 'listening');
      const { port } = socket.address();
      const [found, ...more] = readUdpSockets([port]);
      expect(more).toEqual([]);
      expect(found).toMatchObject({ address, port, holder: { pid: process.pid } });
      expect(found?.holder?.role).toBeUndefined();
    } finally {
      socket.close();
    }
  });

  test('reads no row from a table that is not there', () => {
    expect(parseTable('')).toEqual([]);
  });

  test.each(['0100007F0', '0'.repeat(40), ''])('reads no row whose address is "%s"', (address) => {
    const row = (hex: string) => `1: ${hex}:0035 00000000:0000 07 0:0 00:0 0 0 0 123 2`;
    const found = { address: '127.0.0.1', port: 53, inode: '123' };
    expect(parseTable(['title', row(address), row('0100007F')].join('\n'))).toEqual([found]);
  });
});
