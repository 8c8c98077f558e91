/** The links that a client's section asks for, as far as they can be told without opening a socket. Pure. */
import { isIP } from 'node:net';
import type { ClientConfig, HostPort, PathEntry } from '../config/index.ts';
import { chooseAddress, type NetworkInterface, type Verdict } from '../interfaces/index.ts';
import { familyOf } from '../net/index.ts';
import type { Link } from './facts.ts';

/** @param names what each host name resolves to */
export function linksOf(
  config: ClientConfig,
  verdicts: readonly Verdict[],
  names: ReadonlyMap<string, readonly string[]>,
): Link[] {
  const addressesOf = ({ host }: HostPort) => (isIP(host) === 0 ? (names.get(host) ?? []) : [host]);
  if (config.paths.length > 0) {
    const devices = verdicts.map((verdict) => verdict.interface);
    return config.paths
      .filter(({ isExcluded }) => !isExcluded)
      .map((entry) => linkOfEntry(config, entry, devices, addressesOf));
  }
  return verdicts
    .filter(({ excludedBy }) => excludedBy === undefined)
    .map(({ interface: device }) => {
      const destination = destinationOf(config, device.name);
      return linkOn(device.name, device, destination, addressesOf(destination));
    });
}

function linkOfEntry(
  config: ClientConfig,
  { name, ifName, srcAddr, dstAddr }: PathEntry,
  devices: readonly NetworkInterface[],
  addressesOf: (destination: HostPort) => readonly string[],
): Link {
  const destination = dstAddr ?? destinationOf(config, ifName ?? '');
  const addresses = addressesOf(destination);
  const device = devices.find((one) => one.name === ifName);
  if (ifName !== undefined && device === undefined) return { name, destination, obstacle: 'no-device' };
  const about = { name, destination, ...(device !== undefined && { device }) };
  if (srcAddr !== undefined) {
    const holders = device === undefined ? devices : [device];
    const isThere = holders.some((one) => one.addresses.some(({ address }) => address === srcAddr));
    if (!isThere) return { ...about, obstacle: 'source-missing' };
    const address = addresses.find((one) => familyOf(one) === familyOf(srcAddr));
    if (address === undefined)
      return { ...about, obstacle: addresses.length === 0 ? 'unresolved' : 'no-family' };
    return { ...about, address, source: srcAddr };
  }
  if (device !== undefined) return linkOn(name, device, destination, addresses);
  const [address] = addresses;
  return address === undefined ? { ...about, obstacle: 'unresolved' } : { ...about, address };
}

function linkOn(
  name: string,
  device: NetworkInterface,
  destination: HostPort,
  addresses: readonly string[],
): Link {
  const about = { name, device, destination };
  if (!device.addresses.some(({ usable }) => usable)) return { ...about, obstacle: 'no-address' };
  for (const address of addresses) {
    const source = chooseAddress(device, familyOf(address));
    if (source !== undefined) return { ...about, address, source };
  }
  return { ...about, obstacle: addresses.length === 0 ? 'unresolved' : 'no-family' };
}

function destinationOf({ dstAddr, dstOverrides }: ClientConfig, ifName: string): HostPort {
  return dstOverrides.find((override) => override.ifName === ifName)?.dstAddr ?? dstAddr;
}
