/** Questions about addresses that several rules ask. Endpoints are as WireGuard prints them: `192.0.2.7:51820`. */
import { BlockList, isIP } from 'node:net';
import type { HostPort } from '../../config/index.ts';
import { familyOf } from '../../net/index.ts';
import type { Facts } from '../facts.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

export function isLoopback(host: string): boolean {
  return isIP(host) !== 0 && LOOPBACK.check(host, ipv(host));
}

export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Whether packets to this address stay on this machine. */
export function isOwn(host: string, { interfaces }: Pick<Facts, 'interfaces'>): boolean {
  if (isLoopback(host) || host.toLowerCase() === 'localhost') return true;
  return interfaces.some(({ interface: one }) => one.addresses.some(({ address }) => address === host));
}

/** `[::1]:59401` taken apart; undefined when it is no address with a port. */
export function parseEndpoint(endpoint: string): HostPort | undefined {
  const colon = endpoint.lastIndexOf(':');
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(endpoint.slice(colon + 1));
  return isIP(host) !== 0 && port > 0 ? { host, port } : undefined;
}

/** Whether something bound to the one address gets what is sent to the other, or takes its place. */
export function overlaps(listening: string, other: string): boolean {
  if (listening === other || listening === '::' || other === '::') return true;
  return (
    (listening === '0.0.0.0' && familyOf(other) === 4) || (other === '0.0.0.0' && familyOf(listening) === 4)
  );
}

function ipv(host: string): 'ipv4' | 'ipv6' {
  return familyOf(host) === 6 ? 'ipv6' : 'ipv4';
}
