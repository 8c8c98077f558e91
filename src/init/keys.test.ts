import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { keyPairs } from '../../test/init/samples.ts';
import { newWireguardKeys, publicKeyText } from './keys.ts';
import { isWireguardKey } from './wg-quick.ts';

const hasWg = spawnSync('wg', ['--version']).status === 0;
const pubkey = (privateKey: string) =>
  spawnSync('wg', ['pubkey'], { input: privateKey, encoding: 'utf8' }).stdout.trim();

describe('newWireguardKeys()', () => {
  it('makes another clamped pair each time', () => {
    const pairs = Array.from({ length: 20 }, newWireguardKeys);
    expect(new Set(pairs.map(({ privateKey }) => privateKey)).size).toBe(20);
    for (const { privateKey, publicKey } of pairs) {
      expect([privateKey, publicKey].map(isWireguardKey)).toEqual([true, true]);
      const bytes = Buffer.from(privateKey, 'base64');
      expect([bytes[0]! & 7, bytes[31]! & 192]).toEqual([0, 64]);
      expect(publicKeyText(privateKey)).toBe(publicKey);
    }
  });

  it.skipIf(!hasWg)('agrees with wg pubkey (needs wg)', () => {
    const { privateKey, publicKey } = newWireguardKeys();
    expect(pubkey(privateKey)).toBe(publicKey);
  });
});

describe('publicKeyText()', () => {
  it.each(keyPairs)('of $privateKey is $publicKey, as wg pubkey printed it', ({ privateKey, publicKey }) => {
    expect(publicKeyText(privateKey)).toBe(publicKey);
  });
});
