/**
 * One address of a network device as rtnetlink describes it (RTM_NEWADDR). Says what the kernel says; which
 * address is fit to send from is for the interfaces room.
 * Source: rtnetlink(7); linux/if_addr.h:
 *
 *     struct ifaddrmsg { u8 ifa_family; u8 ifa_prefixlen; u8 ifa_flags; u8 ifa_scope; u32 ifa_index; };
 */
import { ADDRESS_WORDS, isMapped, readAddressWords } from '../net/index.ts';
import { AF_INET, AF_INET6 } from './constants.ts';
import { readUint32, splitAttributes, viewOf } from './netlink-message.ts';

export const ADDRESS_HEADER_BYTES = 8;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
/** All 32 bits of the flags; the header has room for eight. */
const IFA_FLAGS = 8;

/** On IPv6 the same bit means a temporary (privacy) address. */
const IFA_F_SECONDARY = 0x01;
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_DADFAILED = 0x08;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const IFA_F_PERMANENT = 0x80;

export interface LinkAddress {
  readonly linkIndex: number;
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefixLength: number;
  /** rtnetlink(7): 0 everywhere, 200 site, 253 this link, 254 this host. */
  readonly scope: number;
  /** IPv4: not the first of its subnet. */
  readonly isSecondary: boolean;
  /** IPv6: a privacy address, replaced about once a day. */
  readonly isTemporary: boolean;
  /** Past its preferred lifetime: works, but no new traffic should start from it. */
  readonly isDeprecated: boolean;
  /** Duplicate detection still runs: binding answers EADDRNOTAVAIL. An optimistic address can be bound. */
  readonly isTentative: boolean;
  /** Another host has it. */
  readonly isDuplicate: boolean;
  /** Without a lifetime: set by hand, not by DHCP or router advertisement. */
  readonly isPermanent: boolean;
}

/** The address in an RTM_NEWADDR payload; undefined for other families and for what is cut short. */
export function parseAddress(payload: Uint8Array): LinkAddress | undefined {
  if (payload.length < ADDRESS_HEADER_BYTES) return undefined;
  const view = viewOf(payload);
  const family = payload[0] === AF_INET ? 4 : payload[0] === AF_INET6 ? 6 : undefined;
  const attributes = splitAttributes(payload.subarray(ADDRESS_HEADER_BYTES));
  // On a point-to-point link IFA_ADDRESS is the other end, and IFA_LOCAL is ours.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (family === undefined || bytes?.length !== (family === 4 ? 4 : 16)) return undefined;
  const address = family === 4 ? bytes.join('.') : formatIpv6(bytes);
  if (address === undefined) return undefined;

  const flags = readUint32(attributes.get(IFA_FLAGS)) ?? payload[2]!;
  const has = (bit: number) => (flags & bit) !== 0;
  return {
    linkIndex: view.getUint32(4, true),
    family,
    address,
    prefixLength: payload[1]!,
    scope: payload[3]!,
    isSecondary: family === 4 && has(IFA_F_SECONDARY),
    isTemporary: family === 6 && has(IFA_F_SECONDARY),
    isDeprecated: has(IFA_F_DEPRECATED),
    isTentative: has(IFA_F_TENTATIVE) && !has(IFA_F_OPTIMISTIC),
    isDuplicate: has(IFA_F_DADFAILED),
    isPermanent: has(IFA_F_PERMANENT),
  };
}

/** No device has an IPv4-mapped address; one would come out as IPv4 under a wrong family. */
function formatIpv6(bytes: Uint8Array): string | undefined {
  const words = new Uint32Array(ADDRESS_WORDS);
  new Uint8Array(words.buffer).set(bytes);
  return isMapped(words, 0) ? undefined : readAddressWords(words, 0).address;
}
