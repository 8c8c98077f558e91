/**
 * Which local address a server's answers leave from: the one that the path's datagrams come to, else a
 * client connected to a secondary address would receive nothing. What the kernel reports of a datagram is
 * what it takes for an answer (ip(7), ipv6(7)):
 * struct in_pktinfo { int index; be32 local; be32 destination; } and
 * struct in6_pktinfo { u8 address[16]; int index; }.
 */
import { IPPROTO_IP } from './constants.ts';
import type { Destination } from './destination.ts';
import type { LocalAddresses } from './receiver.ts';

/** Words of either structure, and where in them the interface's index stands. */
const IPV4 = { words: 3, index: 0, address: 1, addressEnd: 2 } as const;
const IPV6 = { words: 5, index: 4, address: 0, addressEnd: 4 } as const;

/** Whether `destination` already answers from where the message came to; also when nobody knows where. */
export function answersFrom(destination: Destination, local: LocalAddresses, message: number): boolean {
  const at = local.at[message]! >>> 2;
  if (at === 0) return true;
  const layout = local.level[message] === IPPROTO_IP ? IPV4 : IPV6;
  if (destination.infoWords !== layout.words) return false;
  for (let i = layout.address; i < layout.addressEnd; i++) {
    if (local.region.words[at + i] !== destination.info[i]) return false;
  }
  return true;
}

/** Makes `destination` answer from where the message came to; the routing table chooses the interface. */
export function answerFrom(destination: Destination, local: LocalAddresses, message: number): void {
  const at = local.at[message]! >>> 2;
  const layout = local.level[message] === IPPROTO_IP ? IPV4 : IPV6;
  destination.infoWords = layout.words;
  for (let i = 0; i < layout.words; i++) destination.info[i] = local.region.words[at + i]!;
  destination.info[layout.index] = 0;
}
