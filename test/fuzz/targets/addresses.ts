/** Addresses as people, kernels and remote hosts write them, and patterns for names. */
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { compileGlobs, escapeGlob } from '../../../src/config/globs.ts';
import { formatHostPort, parseDstAddr, parseListenAddr } from '../../../src/config/host-port.ts';
import { parseServerAddress } from '../../../src/init/addresses.ts';
import {
  contains,
  formatSubnet,
  hostAddress,
  parseSubnet,
  parseTunnelNet,
} from '../../../src/init/tunnel-net.ts';
import { networkOf } from '../../../src/manager/safety/login-limit.ts';
import { ADDRESS_WORDS, readAddressWords, writeAddressWords } from '../../../src/net/index.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

export const target: Target = {
  what: 'addresses, subnets and patterns',
  run(bytes) {
    const input = new Input(bytes);
    const text = input.text();
    const other = input.rest().toString('utf8');
    for (const parse of [parseListenAddr, parseDstAddr, parseServerAddress]) {
      const parsed = parse(text);
      if (typeof parsed === 'string') continue;
      assert(parsed.port >= 1 && parsed.port <= 65_535);
      assert.deepEqual(parseDstAddr(formatHostPort(parsed)), parsed);
    }
    networkOf(text);
    if (isIP(text) !== 0) checkWords(text);
    for (const subnet of parseTunnelNet(text)) {
      if (typeof subnet === 'string') break;
      for (const number of [1, 2])
        assert(contains(subnet, hostAddress(subnet, number)), formatSubnet(subnet));
    }
    const subnet = parseSubnet(text);
    if (subnet !== undefined) assert.deepEqual(parseSubnet(formatSubnet(subnet)), subnet);
    compileGlobs([text])(other);
    assert(compileGlobs([text])(text));
    assert(compileGlobs([escapeGlob(text)])(text));
    assert([text, escapeGlob(text)].includes(other) || !compileGlobs([escapeGlob(text)])(other));
  },
  seeds: () =>
    [
      '192.0.2.1:80',
      '[2001:db8::1%eth0]:59402',
      ':59401',
      'a.example:1',
      '10.20.0.0/24,fd20::/64',
      '::ffff:1.2.3.4',
      'wg*[0-9]?',
      '1:2:3:4:5:6:7:0/126',
    ].map((text) => `${String.fromCharCode(text.length)}${text}other`),
  words: ['::', ':', '.', '/', '[', ']', '*', '?', '[!', '**', '%', 'ffff:', '0', '\\'],
  maxBytes: 400,
};

function checkWords(address: string): void {
  const words = new Uint32Array(ADDRESS_WORDS);
  writeAddressWords(words, 0, { address, port: 7 });
  const read = readAddressWords(words, 0);
  const again = new Uint32Array(ADDRESS_WORDS);
  writeAddressWords(again, 0, read);
  assert(isIP(read.address) !== 0 && read.port === 7);
  assert.deepEqual(again, words);
}
