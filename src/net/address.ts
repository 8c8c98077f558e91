/**
 * Socket addresses in the two forms the program needs: readable, for people and configuration, and five
 * 32-bit words, for tables that are asked once per datagram. Host names are somebody else's business.
 * Source: RFC 4291 section 2.5.5.2 (IPv4-mapped IPv6 addresses).
 */
import { isIPv4, isIPv6 } from 'node:net';

/** An IP address literal with a port. IPv6 without brackets; a link-local one keeps its `%zone`. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Words of an address in a table: 16 bytes of IPv6 (IPv4 mapped), as little-endian words, then the port. */
export const ADDRESS_WORDS = 5;

const MAPPED_PREFIX_WORD = 0xffff0000; // bytes 00 00 ff ff, read as a little-endian word

export function familyOf(address: string): 4 | 6 {
  return isIPv4(address) ? 4 : 6;
}

/** `192.0.2.7:59402` or `[2001:db8::7]:59402`. */
export function formatAddress({ address, port }: SocketAddress): string {
  return isIPv4(address) ? `${address}:${port}` : `[${address}]:${port}`;
}

/**
 * Writes the address's words at `at`.
 * @throws TypeError when `address` is not an IP address literal
 */
export function writeAddressWords(words: Uint32Array, at: number, { address, port }: SocketAddress): void {
  const bytes = parseIp(address);
  for (let word = 0; word < 4; word++) {
    const i = word * 4;
    words[at + word] = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
  }
  words[at + 4] = port;
}

/** Reads what `writeAddressWords` wrote; an IPv4-mapped address comes back as IPv4. */
export function readAddressWords(words: Uint32Array, at: number): SocketAddress {
  const bytes = new Uint8Array(words.slice(at, at + 4).buffer);
  const port = words[at + 4]!;
  if (isMapped(words, at)) return { address: bytes.subarray(12).join('.'), port };
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  return { address: compress(groups), port };
}

export function isMapped(words: Uint32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === MAPPED_PREFIX_WORD;
}

/** The 16 bytes of an IP address literal, IPv4 mapped. */
export function parseIp(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  if (isIPv4(address)) {
    bytes[10] = 0xff;
    bytes[11] = 0xff;
    bytes.set(address.split('.').map(Number), 12);
    return bytes;
  }
  const literal = address.split('%', 1)[0]!;
  if (!isIPv6(literal)) throw new TypeError(`Cannot read address "${address}": want an IPv4 or IPv6 literal`);
  const [head, tail] = literal.split('::');
  const first = groupBytes(head ?? '');
  const last = groupBytes(tail ?? '');
  bytes.set(first);
  bytes.set(last, 16 - last.length);
  return bytes;
}

/** `"2001:db8"` -> 20 01 0d b8; a dotted quad at the end counts as four bytes. */
function groupBytes(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`, the first one of equals. */
function compress(groups: string[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === '0') end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  if (start < 0) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}
