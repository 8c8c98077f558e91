/**
 * Which paths a client should have right now, and for every interface or configured path without one the
 * reason. Pure: what there is goes in, what should be comes out; carrying it out is client-paths.ts.
 */
import {
  type ClientConfig,
  compileGlobs,
  formatHostPort,
  type HostPort,
  type PathEntry,
} from '../config/index.ts';
import { chooseAddress, type NetworkInterface, selectInterfaces, type Verdict } from '../interfaces/index.ts';
import { familyOf, type PathSpec, parseIp } from '../net/index.ts';

export interface PlannedPath extends PathSpec {
  /** Two plans' paths with the same key are the same socket: nothing about it changed. */
  readonly key: string;
}

/** An interface or configured path, and what came of it. */
export interface Candidate {
  readonly name: string;
  readonly label?: string;
  readonly path?: PlannedPath;
  /** Why there is no path; empty when there is one. */
  readonly reason: string;
  /** It is left out by choice, and whose; absent: it carries, or lacks something that may come. */
  readonly excludedBy?: ExcludedBy;
  /** What it would be sent from and to, as far as that is known; for people. */
  readonly address?: string;
  readonly destination?: string;
}

export type ExcludedBy = NonNullable<Verdict['excludedBy']>;
/** What somebody excluded and included while running, by name. */
export type Wishes = ReadonlyMap<string, 'exclude' | 'include'>;

export interface PlanInput {
  readonly config: ClientConfig;
  readonly interfaces: readonly NetworkInterface[];
  /** Known addresses of a host, best first; empty while it does not resolve. */
  readonly addressesOf: (host: string) => readonly string[];
  /** Source address in use now by that name, kept while it is still good. */
  readonly currentSource: (name: string) => string | undefined;
  /** Outdoes the configuration. */
  readonly wishes?: Wishes;
}

export function planPaths(input: PlanInput): Candidate[] {
  const { config, interfaces, wishes } = input;
  if (config.paths.length > 0) return config.paths.map((entry) => planEntry(input, entry));
  const selection = {
    excluded: config.excludedInterfaces,
    included: config.includedInterfaces,
    ...(wishes !== undefined && { runtime: wishes }),
  };
  return selectInterfaces(interfaces, selection, compileGlobs).map((verdict) =>
    planInterface(input, verdict),
  );
}

/** By whom the configuration alone would leave out an interface or configured path; undefined: it would not. */
export function excludedByFile(
  config: ClientConfig,
  interfaces: readonly NetworkInterface[],
  name: string,
): ExcludedBy | undefined {
  if (config.paths.length > 0) {
    return config.paths.find((entry) => entry.name === name)?.isExcluded === true ? 'file' : undefined;
  }
  return excludedBy(interfaces, name, config.excludedInterfaces, config.includedInterfaces);
}

/** Whether an interface is of a kind that is only used when the file names it. */
export function isLeftOutByKind(interfaces: readonly NetworkInterface[], name: string): boolean {
  return excludedBy(interfaces, name, [], []) === 'default';
}

function excludedBy(
  interfaces: readonly NetworkInterface[],
  name: string,
  excluded: readonly string[],
  included: readonly string[],
): ExcludedBy | undefined {
  const one = interfaces.filter((networkInterface) => networkInterface.name === name);
  return selectInterfaces(one, { excluded, included }, compileGlobs)[0]?.excludedBy;
}

/** Interfaces that the file names in a way that asks for them, and that the host does not have now. */
export function missingInterfaces(config: ClientConfig, interfaces: readonly NetworkInterface[]): string[] {
  const included = config.includedInterfaces.map((pattern) => pattern.replace(/^\+/, ''));
  const named = [...config.dstOverrides.map(({ ifName }) => ifName), ...included];
  return [...new Set(named)].filter((name) => {
    const isThere = compileGlobs([name]);
    return !interfaces.some((one) => isThere(one.name));
  });
}

function planInterface(input: PlanInput, verdict: Verdict): Candidate {
  const { name } = verdict.interface;
  const label = input.config.interfaceLabels[name];
  const address = verdict.interface.addresses.find(({ usable }) => usable)?.address;
  const about = { name, ...(label !== undefined && { label }), ...(address !== undefined && { address }) };
  const { isUsed, reason, excludedBy } = verdict;
  if (excludedBy !== undefined) return { ...about, reason, excludedBy };
  const to = destinationOf(input.config, name);
  const destination = formatHostPort(to);
  if (!isUsed) return { ...about, destination, reason };
  return { ...about, destination, ...fromInterface(input, name, verdict.interface, to) };
}

function planEntry(input: PlanInput, entry: PathEntry): Candidate {
  const { name, ifName, srcAddr } = entry;
  const wish = input.wishes?.get(name);
  if (wish === 'exclude') return { name, reason: 'excluded until the next start', excludedBy: 'runtime' };
  if (wish === undefined && entry.isExcluded) {
    return { name, reason: 'excluded in engarde.yml', excludedBy: 'file' };
  }
  const destination = entry.dstAddr ?? destinationOf(input.config, ifName ?? '');
  const device = ifName === undefined ? undefined : input.interfaces.find((one) => one.name === ifName);
  if (ifName !== undefined && device === undefined) {
    return { name, reason: `interface ${ifName} does not exist` };
  }
  if (srcAddr !== undefined) {
    const holders = device === undefined ? input.interfaces : [device];
    const source = addressesOf(holders).find((address) => isSameIp(address, srcAddr));
    if (source === undefined) {
      return { name, reason: `srcAddr ${srcAddr} is not an address of ${ifName ?? 'this host'}` };
    }
    return { name, ...toDestination(input, destination, name, familyOf(source), source, device) };
  }
  if (device !== undefined) return { name, ...fromInterface(input, name, device, destination) };
  return { name, ...toDestination(input, destination, name) };
}

/** A path from the interface's best address of a family that the destination has too. */
function fromInterface(
  input: PlanInput,
  name: string,
  device: NetworkInterface,
  destination: HostPort,
): Pick<Candidate, 'path' | 'reason'> {
  for (const address of input.addressesOf(destination.host)) {
    const family = familyOf(address);
    const source = chooseAddress(device, family, input.currentSource(name));
    if (source !== undefined) return toDestination(input, destination, name, family, source, device);
  }
  return { reason: whyUnreachable(input, destination, "no usable address of the destination's family") };
}

function toDestination(
  input: PlanInput,
  destination: HostPort,
  name: string,
  family?: 4 | 6,
  source?: string,
  device?: NetworkInterface,
): Pick<Candidate, 'path' | 'reason'> {
  const candidates = input.addressesOf(destination.host);
  const address = candidates.find((one) => family === undefined || familyOf(one) === family);
  if (address === undefined) {
    return { reason: whyUnreachable(input, destination, `destination has no IPv${family} address`) };
  }
  // Without a source of our own, connecting chose one for good: it must choose again when addresses change.
  const path: PlannedPath = {
    name,
    destination: { address, port: destination.port },
    ...(source !== undefined && { source }),
    ...(device !== undefined && { device: device.name }),
    key: [name, device?.index, source ?? addressesOf(input.interfaces), address, destination.port].join('|'),
  };
  return { path, reason: '' };
}

function addressesOf(interfaces: readonly NetworkInterface[]): string[] {
  return interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address));
}

/** People write IPv6 addresses in more ways than the kernel. */
function isSameIp(one: string, other: string): boolean {
  return Buffer.compare(parseIp(one), parseIp(other)) === 0;
}

function whyUnreachable(input: PlanInput, destination: HostPort, otherwise: string): string {
  const isResolved = input.addressesOf(destination.host).length > 0;
  return isResolved ? otherwise : `destination ${formatHostPort(destination)} does not resolve`;
}

function destinationOf(config: ClientConfig, ifName: string): HostPort {
  return config.dstOverrides.find((override) => override.ifName === ifName)?.dstAddr ?? config.dstAddr;
}
