/*
 * The addresses inside of the tunnel: one IPv4 subnet, one IPv6 subnet, or one of each. The server has the
 * first address of each, the client another.
 */
import { BlockList, isIP } from 'node:net';
import type { NetworkInterface } from '../interfaces/index.ts';
import { familyOf, parseIp } from '../net/index.ts';

/** A subnet: its first address and the bits that all its addresses share. */
export interface Subnet {
  readonly address: string;
  readonly prefixLength: number;
}

const MIN_PREFIX_BITS = 8; // anything shorter is a route to half of the world, not a tunnel's own net

/** Takes "10.20.0.0/24" or "10.20.0.0/24, fd20::/64" apart; gives what is wanted, as text, when it is none. */
export function parseTunnelNet(text: string): Subnet[] | string {
  const subnets = text.split(',').map((part) => parseSubnet(part.trim()));
  if (subnets.some((subnet) => subnet === undefined)) return WANTED;
  const found = subnets as Subnet[];
  if (found.some(({ address, prefixLength }) => hostBits(address, prefixLength) !== 0n)) return WANTED;
  if (new Set(found.map(({ address }) => familyOf(address))).size < found.length) return WANTED;
  if (found.some(({ prefixLength }) => prefixLength < MIN_PREFIX_BITS))
    return `${MIN_PREFIX_BITS} bits of prefix or more`;
  const isTooSmall = found.some((one) => one.prefixLength > (familyOf(one.address) === 4 ? 30 : 126));
  return isTooSmall ? 'room for two addresses: /30 or shorter, IPv6 /126 or shorter' : found;
}

const WANTED =
  "a subnet such as 10.20.0.0/24, or one of IPv4 and one of IPv6: 10.20.0.0/24,fd20::/64 (its first address, not a host's)";

/** "10.20.0.0/24", also with a host's address in it, or "10.20.0.1" alone; undefined when it is no subnet. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const family = isIP(address);
  const bits = family === 4 ? 32 : 128;
  const prefixLength = text.includes('/') ? Number(/^\d{1,3}$/.exec(length)?.[0] ?? -1) : bits;
  if (family === 0 || rest.length > 0 || prefixLength < 0 || prefixLength > bits) return undefined;
  return family === 6 && /[%.]/.test(address) ? undefined : { address, prefixLength };
}

/** "10.20.0.0/24" */
export function formatSubnet({ address, prefixLength }: Subnet): string {
  return `${address}/${prefixLength}`;
}

/** The subnet's address of that number: 1 is the first one that a host may have. */
export function hostAddress({ address }: Subnet, number: number): string {
  if (familyOf(address) === 4) return address.replace(/\d+$/, (last) => String(Number(last) + number));
  if (address.endsWith('::')) {
    // Behind seven groups it stands for one alone, in whose place the number is.
    const isLast = address.split(':').length === 9;
    return `${isLast ? address.slice(0, -1) : address}${number.toString(16)}`;
  }
  const groups = address.split(':');
  const last = Number.parseInt(groups.pop()!, 16) + number;
  return [...groups, last.toString(16)].join(':');
}

/** The highest number that a client may have in all of these. */
export function clientNumberLimit(subnets: readonly Subnet[]): number {
  // The last address of an IPv4 subnet is its broadcast address.
  const sizes = subnets.map(
    (one) => 2 ** Math.min(8, (familyOf(one.address) === 4 ? 32 : 128) - one.prefixLength),
  );
  return Math.min(...sizes) - 2;
}

/** A net of 256 addresses for private use of which none of the interfaces has one. RFC 1918. */
export function freeTunnelNet(interfaces: readonly Pick<NetworkInterface, 'kind' | 'addresses'>[]): string {
  const taken = interfaces.flatMap(({ kind, addresses }) => (kind === 'wireguard' ? [] : addresses));
  const numbers = Array.from({ length: 10 }, (_, index) => 20 + index);
  const nets = ['10.', '172.', '192.168.'].flatMap((start) =>
    numbers.map((number) => `${start}${number}.${start === '192.168.' ? '' : '0.'}0`),
  );
  const isFree = (address: string) => !taken.some((one) => overlap({ address, prefixLength: 24 }, one));
  return `${nets.find(isFree) ?? nets[0]}/24`;
}

/** Whether the two have an address in common. */
export function overlap(one: Subnet, other: Subnet): boolean {
  return contains(one, other.address) || contains(other, one.address);
}

/** Whether the address, a literal, is one of the subnet's. */
export function contains({ address, prefixLength }: Subnet, literal: string): boolean {
  if (familyOf(address) !== familyOf(literal)) return false;
  const block = new BlockList();
  const family = familyOf(address) === 4 ? 'ipv4' : 'ipv6';
  block.addSubnet(address, prefixLength, family);
  return block.check(literal.replace(/%.*$/, ''), family);
}

/** The bits of the address that the prefix does not cover. */
function hostBits(address: string, prefixLength: number): bigint {
  const bits = BigInt(`0x${Buffer.from(parseIp(address)).toString('hex')}`);
  const hostLength = (familyOf(address) === 4 ? 32 : 128) - prefixLength;
  return bits & ((1n << BigInt(hostLength)) - 1n);
}
