/**
 * Interfaces as Node lists them on every platform, with Linux's /sys where it is there. Node leaves out
 * interfaces without carrier and addresses' states, so here a link that goes down loses its addresses,
 * where netlink keeps them.
 * Source: Node's os.networkInterfaces(); libuv's uv_interface_addresses.
 */
import { networkInterfaces } from 'node:os';
import { rankAddresses } from './address.ts';
import type { NetworkInterface } from './interface.ts';
import { kindOf } from './kind.ts';
import * as sysfs from './sysfs.ts';

type Listing = ReturnType<typeof networkInterfaces>;
type NodeAddress = NonNullable<Listing[string]>[number];

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;

/** All interfaces. Throws when the system refuses to list them. */
export function interfacesFromNode(): NetworkInterface[] {
  const listing = networkInterfaces();
  const names = new Set([...sysfs.deviceNames(), ...Object.keys(listing)]);
  return [...names].map((name) => describe(name, listing[name] ?? [])).sort((a, b) => a.index - b.index);
}

/** A text that differs when an interface with carrier came, went or changed its addresses: some 50 us. */
export function nodeFingerprint(): string {
  return JSON.stringify(networkInterfaces());
}

function describe(name: string, addresses: readonly NodeAddress[]): NetworkInterface {
  const flags = Number(sysfs.readDeviceFile(name, 'flags') ?? Number.NaN);
  const isKnown = !Number.isNaN(flags);
  const isListed = addresses.length > 0;
  const bridge = sysfs.readDeviceLink(name, 'brport/bridge');
  return {
    name,
    index: Number(sysfs.readDeviceFile(name, 'ifindex') ?? zoneOf(addresses)),
    kind: kindOf({
      name,
      isLoopback: isKnown ? (flags & IFF_LOOPBACK) !== 0 : addresses.some(({ internal }) => internal),
      hardwareType: isKnown ? Number(sysfs.readDeviceFile(name, 'type')) : undefined,
      virtualType: sysfs.deviceType(name),
      isWireless: sysfs.isWireless(name),
      isModem: sysfs.isModem(name),
      hasWireguardSocket: sysfs.hasWireguardSocket(name),
    }),
    isUp: isKnown ? (flags & IFF_UP) !== 0 : isListed,
    hasCarrier: isKnown ? sysfs.readDeviceFile(name, 'carrier') === '1' : isListed,
    mtu: Number(sysfs.readDeviceFile(name, 'mtu') ?? 0),
    ...(bridge !== undefined && { bridge }),
    addresses: rankAddresses(
      addresses.map(({ family, address, cidr }) => ({
        family: family === 'IPv4' ? 4 : 6,
        address,
        prefixLength: Number(cidr?.split('/')[1] ?? (family === 'IPv4' ? 32 : 128)),
      })),
    ),
  };
}

/** Where there is no /sys, a link-local address's zone is the one place that has the interface's number. */
function zoneOf(addresses: readonly NodeAddress[]): number {
  return addresses.map((address) => (address.family === 'IPv6' ? address.scopeid : 0)).find(Boolean) ?? 0;
}
