/**
 * Which of an interface's addresses are fit to send from, and which to prefer.
 * Source: RFC 6890 (special-purpose addresses), RFC 4862 section 5.4 (tentative), RFC 6724 section 5.
 */
import { BlockList } from 'node:net';
import type { InterfaceAddress } from './interface.ts';

/** An address as the system lists it, with what is known of its state. */
export interface ListedAddress {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefixLength: number;
  readonly isTentative?: boolean;
  readonly isDuplicate?: boolean;
  readonly isDeprecated?: boolean;
  readonly isSecondary?: boolean;
  readonly isTemporary?: boolean;
  readonly isPermanent?: boolean;
}

const UNFIT: readonly (readonly [why: string, addresses: BlockList])[] = [
  ['unspecified', block('0.0.0.0/8', '::/128')],
  ['loopback', block('127.0.0.0/8', '::1/128')],
  ['link-local', block('169.254.0.0/16', 'fe80::/10')],
  ['multicast', block('224.0.0.0/4', 'ff00::/8')],
  ['broadcast', block('255.255.255.255/32')],
];
const UNIQUE_LOCAL = block('fc00::/7');

/** The addresses best first; equals keep the system's order. */
export function rankAddresses(listed: readonly ListedAddress[]): InterfaceAddress[] {
  return listed
    .map((address) => ({ address, why: whyUnfit(address) }))
    .sort((a, b) => penalty(a.address, a.why) - penalty(b.address, b.why))
    .map(({ address: { family, address, prefixLength, isDeprecated }, why }) => ({
      family,
      address,
      prefixLength,
      usable: why === undefined,
      ...(why !== undefined && { why }),
      ...(isDeprecated === true && { isDeprecated }),
    }));
}

/** Why nothing can be sent to the internet from this address; undefined when it can. */
function whyUnfit({ address, family, isTentative, isDuplicate }: ListedAddress): string | undefined {
  if (isDuplicate === true) return 'duplicate';
  if (isTentative === true) return 'tentative';
  return UNFIT.find(([, addresses]) => addresses.check(address, `ipv${family}`))?.[0];
}

/** One bit per reason to prefer another, the weightiest first. */
function penalty(listed: ListedAddress, why: string | undefined): number {
  return (
    (why !== undefined ? 16 : 0) +
    (listed.isDeprecated === true ? 8 : 0) +
    (listed.family === 6 && UNIQUE_LOCAL.check(listed.address, 'ipv6') ? 4 : 0) +
    (listed.isSecondary === true || listed.isTemporary === true ? 2 : 0) +
    (listed.isPermanent === true ? 0 : 1)
  );
}

function block(...subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefixLength] = subnet.split('/');
    list.addSubnet(address, Number(prefixLength), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}
