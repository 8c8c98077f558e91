/*
 * The command line of `rengarde init`, taken apart and checked flag by flag. What flags mean together is
 * contradictions.ts's.
 */
import { type HostPort, quote } from '../config/index.ts';
import { parseServerAddress } from './addresses.ts';
import type { Answers } from './answers.ts';
import { InitError } from './init-error.ts';
import { clientNumberLimit, parseTunnelNet, type Subnet } from './tunnel-net.ts';
import { isWireguardKey } from './wg-quick.ts';

/** As written on the command line. */
export interface Flags {
  readonly role?: string;
  readonly server?: string;
  readonly wireguard?: string;
  readonly withWireguard?: boolean;
  readonly interface?: string;
  readonly tunnel?: string;
  readonly clientNumber?: string;
  readonly wireguardPort?: string;
  readonly clientPort?: string;
  readonly peerPublicKey?: string;
  readonly use?: readonly string[];
  readonly exclude?: readonly string[];
  readonly override?: readonly string[];
  readonly mtu?: string;
}

/** What they say; absent is what has no default, or one that depends. */
export interface CheckedFlags {
  readonly role?: Answers['role'];
  readonly server?: HostPort;
  readonly interfaceName: string;
  readonly tunnel?: readonly Subnet[];
  readonly clientNumber: number;
  readonly wireguardPort: number;
  readonly clientPort: number;
  readonly peerPublicKey?: string;
  readonly used: readonly string[];
  readonly excluded: readonly string[];
  readonly overrides: readonly { readonly ifName: string; readonly dstAddr: HostPort }[];
  readonly mtuBytes?: number;
}

const FIRST_CLIENT_NUMBER = 2;

/** @throws {InitError} naming the first flag that is wrong */
export function checkFlags(flags: Flags): CheckedFlags {
  if (flags.wireguard !== undefined && flags.withWireguard === true) {
    throw new InitError(
      'Cannot take --wireguard and --with-wireguard: one reads a file, the other makes new ones',
    );
  }
  const { role, peerPublicKey, interface: interfaceName = 'wg0' } = flags;
  if (role !== undefined && role !== 'client' && role !== 'server') {
    throw wrong('--role', role, 'client or server, or to be left out for both');
  }
  if (!/^[\w=+.-]{1,15}$/.test(interfaceName)) {
    throw wrong('--interface', interfaceName, 'the name of an interface, 1 to 15 letters and digits');
  }
  if (peerPublicKey !== undefined && !isWireguardKey(peerPublicKey)) {
    throw wrong('--peer-public-key', peerPublicKey, '44 characters, as "wg pubkey" prints them');
  }
  const tunnel = parsed('--tunnel', flags.tunnel, parseTunnelNet);
  const server = parsed('--server', flags.server, parseServerAddress);
  const mtuBytes = number('--mtu', flags.mtu, 576, 65_455);
  const highest = tunnel === undefined ? 254 : clientNumberLimit(tunnel);
  const clientNumber = number('--client-number', flags.clientNumber, FIRST_CLIENT_NUMBER, highest);
  return {
    ...(role !== undefined && { role }),
    ...(server !== undefined && { server }),
    ...(tunnel !== undefined && { tunnel }),
    ...(peerPublicKey !== undefined && { peerPublicKey }),
    ...(mtuBytes !== undefined && { mtuBytes }),
    interfaceName,
    clientNumber: clientNumber ?? FIRST_CLIENT_NUMBER,
    wireguardPort: number('--wireguard-port', flags.wireguardPort, 1, 65_535) ?? 59301,
    clientPort: number('--client-port', flags.clientPort, 1, 65_535) ?? 59401,
    used: flags.use ?? [],
    excluded: flags.exclude ?? [],
    overrides: (flags.override ?? []).map((text) => parsed('--override', text, parseOverride)!),
  };
}

function parseOverride(text: string): CheckedFlags['overrides'][number] | string {
  const [, ifName, address] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (ifName === undefined || address === undefined) return 'INTERFACE=HOST or INTERFACE=HOST:PORT';
  const dstAddr = parseServerAddress(address);
  return typeof dstAddr === 'string' ? dstAddr : { ifName, dstAddr };
}

function parsed<T>(
  flag: string,
  text: string | undefined,
  parse: (text: string) => T | string,
): T | undefined {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (typeof value === 'string') throw wrong(flag, text, value);
  return value;
}

function number(flag: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (value >= min && value <= max) return value;
  throw wrong(flag, text, `a whole number from ${min} to ${max}`);
}

function wrong(flag: string, found: string, wanted: string): InitError {
  return new InitError(`Cannot use ${flag} ${quote(found)}: want ${wanted}`);
}
