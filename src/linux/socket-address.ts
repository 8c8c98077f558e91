/**
 * Socket addresses as the kernel lays them out, to and from the words the relay uses.
 * struct sockaddr_in  { u16 family; be16 port; be32 address; u8 zero[8]; }                      (ip(7))
 * struct sockaddr_in6 { u16 family; be16 port; u32 flow; u8 address[16]; u32 scope; }           (ipv6(7))
 */
import { networkInterfaces } from 'node:os';
import {
  ADDRESS_WORDS,
  familyOf,
  readAddressWords,
  type SocketAddress,
  writeAddressWords,
} from '../net/index.ts';
import { AF_INET, AF_INET6 } from './constants.ts';
import { SystemCallError } from './errors.ts';
import type { Region } from './memory.ts';

const MAPPED_PREFIX_WORD = 0xffff0000;

export function domainOf(address: string): number {
  return familyOf(address) === 4 ? AF_INET : AF_INET6;
}

/**
 * Writes a sockaddr at byte `at` (a multiple of 4); returns its length.
 * @param domain AF_INET6 for a socket of that family, which takes IPv4 addresses only mapped
 */
export function writeSockaddr(region: Region, at: number, target: SocketAddress, domain: number): number {
  const words = new Uint32Array(ADDRESS_WORDS);
  writeAddressWords(words, 0, target);
  const { view } = region;
  view.setUint16(at, domain, true);
  view.setUint16(at + 2, target.port, false);
  if (domain === AF_INET) {
    view.setUint32(at + 4, words[3]!, true);
    view.setUint32(at + 8, 0);
    view.setUint32(at + 12, 0);
    return 16;
  }
  view.setUint32(at + 4, 0);
  for (let i = 0; i < 4; i++) view.setUint32(at + 8 + i * 4, words[i]!, true);
  view.setUint32(at + 24, scopeOf(target.address), true);
  return 28;
}

/** Reads the sockaddr at byte `at` of `region` into `ADDRESS_WORDS` words at `to`. Runs per message. */
export function readSockaddr(region: Region, at: number, words: Uint32Array, to: number): void {
  const { view } = region;
  if (view.getUint16(at, true) === AF_INET) {
    words[to] = 0;
    words[to + 1] = 0;
    words[to + 2] = MAPPED_PREFIX_WORD;
    words[to + 3] = view.getUint32(at + 4, true);
  } else {
    for (let i = 0; i < 4; i++) words[to + i] = view.getUint32(at + 8 + i * 4, true);
  }
  words[to + 4] = view.getUint16(at + 2, false);
}

export function sockaddrToAddress(region: Region, at: number): SocketAddress {
  const words = new Uint32Array(ADDRESS_WORDS);
  readSockaddr(region, at, words, 0);
  return readAddressWords(words, 0);
}

/** The interface index behind `%zone` of a link-local address, 0 when there is none. */
function scopeOf(address: string): number {
  const zone = address.split('%')[1];
  if (zone === undefined) return 0;
  const own = interfacesFor(address)[zone]?.find((entry) => entry.family === 'IPv6' && entry.scopeid > 0);
  return own?.family === 'IPv6' ? own.scopeid : Number(zone) || 0;
}

/** @throws SystemCallError when there is no descriptor left to ask by, say */
function interfacesFor(address: string): ReturnType<typeof networkInterfaces> {
  try {
    return networkInterfaces();
  } catch (error) {
    const { errno = 0 } = error as NodeJS.ErrnoException;
    throw new SystemCallError(`Cannot find the interface of ${address}`, 'getifaddrs', Math.abs(errno));
  }
}
