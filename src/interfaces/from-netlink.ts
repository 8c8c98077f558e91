/** Puts rtnetlink's devices and addresses together into interfaces. */
import type { Link, LinkAddress } from '../linux/index.ts';
import { rankAddresses } from './address.ts';
import type { NetworkInterface } from './interface.ts';
import { kindOf } from './kind.ts';

/** What only the file system knows, each by device name. */
export interface DeviceEvidence {
  isWireless(name: string): boolean;
  isModem(name: string): boolean;
  hasWireguardSocket(name: string): boolean;
}

const BRIDGE_TYPES = new Set(['bridge', 'openvswitch']);

/** The interfaces in the kernel's order; an address of a device that is not listed is left out. */
export function interfacesFromNetlink(
  links: readonly Link[],
  addresses: readonly LinkAddress[],
  evidence: DeviceEvidence,
): NetworkInterface[] {
  const names = new Map(links.map((link) => [link.index, link.name]));
  return links.map((link) => ({
    name: link.name,
    index: link.index,
    kind: kindOfLink(link, evidence),
    isUp: link.isUp,
    hasCarrier: link.hasCarrier,
    mtu: link.mtu,
    ...(BRIDGE_TYPES.has(link.masterKind ?? '') && {
      bridge: names.get(link.masterIndex ?? 0) ?? 'a bridge',
    }),
    addresses: rankAddresses(addresses.filter((address) => address.linkIndex === link.index)),
  }));
}

function kindOfLink({ name, isLoopback, hardwareType, kind }: Link, evidence: DeviceEvidence) {
  const isHardware = kind === undefined && !isLoopback;
  return kindOf({
    name,
    isLoopback,
    hardwareType,
    virtualType: kind,
    isWireless: isHardware && evidence.isWireless(name),
    isModem: isHardware && evidence.isModem(name),
    hasWireguardSocket: kind === 'tun' && evidence.hasWireguardSocket(name),
  });
}
