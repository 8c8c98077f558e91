import { describe, expect, it } from 'vitest';
import { parseClientConfig, parseServerConfig } from './parse.ts';
import { restartKeys } from './restart-keys.ts';

const KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';
const ADDRESSES = { listenAddr: '"127.0.0.1:1"', dstAddr: '"a.de:2"' };

function section(keys: Record<string, string>): string {
  return Object.entries({ ...ADDRESSES, ...keys })
    .map(([key, value]) => `\n  ${key}: ${value}`)
    .join('');
}

const client = (keys: Record<string, string>) => parseClientConfig(`client:${section(keys)}\n`, 'f').config;
const server = (keys: Record<string, string>) => parseServerConfig(`server:${section(keys)}\n`, 'f').config;

describe('restartKeys()', () => {
  it.each([
    ['listenAddr', '127.0.0.1:9'],
    ['maxDatagramSize', '1500'],
    ['protocol', 'any'],
    ['deduplicate', 'false'],
    ['lowLatency', 'true'],
  ])('names %s of both roles', (key, value) => {
    expect(restartKeys(client({}), client({ [key]: value }))).toEqual([`client.${key}`]);
    expect(restartKeys(server({ [key]: value }), server({}))).toEqual([`server.${key}`]);
  });

  it.each([
    ['clientTimeout', '60'],
    ['wireguardPublicKey', KEY],
    ['maxSessions', '7'],
    ['maxUnconfirmedSessions', '7'],
    ['maxPathsPerSession', '7'],
    ['newAddressesPerSecond', '7'],
    ['threads', '3'],
  ])('names %s of a server', (key, value) => {
    expect(restartKeys(server({}), server({ [key]: value }))).toEqual([`server.${key}`]);
  });

  it('names all that differ, and none that only looks different', () => {
    const before = server({ wireguardPublicKey: KEY, maxSessions: '7' });
    expect(
      restartKeys(before, server({ wireguardPublicKey: KEY, maxSessions: '7', writeTimeout: '99' })),
    ).toEqual([]);
    expect(restartKeys(before, server({ clientTimeout: '5' }))).toEqual([
      'server.clientTimeout',
      'server.wireguardPublicKey',
      'server.maxSessions',
    ]);
  });

  it('leaves out what is followed while running', () => {
    const other = {
      description: 'x',
      dstAddr: 'b.de:3',
      excludedInterfaces: '[a]',
      includedInterfaces: '[b]',
      interfaceLabels: '{ a: b }',
      dstOverrides: '[{ ifName: a, dstAddr: "c.de:4" }]',
      paths: '[{ name: a }]',
      webManager: '{ listenAddr: "127.0.0.1:5" }',
    };
    expect(restartKeys(client({}), client(other))).toEqual([]);
  });
});
