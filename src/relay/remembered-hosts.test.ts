import { describe, expect, it } from 'vitest';
import { ADDRESS_WORDS, writeAddressWords } from '../net/index.ts';
import { RememberedHosts } from './remembered-hosts.ts';

const wordsOf = (address: string, port = 1) => {
  const words = new Uint32Array(ADDRESS_WORDS);
  writeAddressWords(words, 0, { address, port });
  return words;
};

describe('RememberedHosts', () => {
  it('knows a host again by its address, whatever the port, and only in its session', () => {
    const hosts = new RememberedHosts(2);
    hosts.remember(0, wordsOf('192.0.2.7', 1), 0);
    hosts.remember(0, wordsOf('2001:db8::7', 1), 0);
    expect(hosts.has(0, wordsOf('192.0.2.7', 2), 0)).toBe(true);
    expect(hosts.has(0, wordsOf('2001:db8::7', 2), 0)).toBe(true);
    expect(hosts.has(0, wordsOf('192.0.2.8', 1), 0)).toBe(false);
    expect(hosts.has(1, wordsOf('192.0.2.7', 1), 0)).toBe(false);
  });

  it('keeps the eight newest, and nothing of a session that ended', () => {
    const hosts = new RememberedHosts(1);
    for (let n = 1; n <= 9; n++) hosts.remember(0, wordsOf(`10.0.0.${n}`), 0);
    hosts.remember(0, wordsOf('10.0.0.9'), 0);
    expect(hosts.has(0, wordsOf('10.0.0.1'), 0)).toBe(false);
    for (let n = 2; n <= 9; n++) expect(hosts.has(0, wordsOf(`10.0.0.${n}`), 0)).toBe(true);
    hosts.clear(0);
    expect(hosts.has(0, wordsOf('10.0.0.9'), 0)).toBe(false);
  });
});
