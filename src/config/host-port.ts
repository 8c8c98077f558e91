/*
 * `host:port` as people write it in engarde.yml, taken apart. Names are checked for shape only;
 * resolving them is left to the daemon.
 */
import { BlockList, isIP, isIPv6 } from 'node:net';

/** An address taken apart. `host` is an IPv4 or IPv6 literal without brackets, or a host name. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const EXAMPLE_PORT = 59401;
const MAX_NAME_CHARS = 253; // RFC 1035 section 2.3.4, in its textual form
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8); // as an IPv4-mapped IPv6 address too
LOOPBACK.addAddress('::1', 'ipv6');
const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i;

/** The inverse of the parsers below: brackets around IPv6. */
export function formatHostPort(hp: HostPort): string {
  return isIPv6(hp.host) ? `[${hp.host}]:${hp.port}` : `${hp.host}:${hp.port}`;
}

/**
 * An address to listen on: an IP literal, nothing (all addresses, `::`) or `localhost` (`127.0.0.1`),
 * and a port. Returns what is wanted instead, as text, when it is none.
 */
export function parseListenAddr(text: string): HostPort | string {
  const parts = split(text);
  if (typeof parts === 'string') return parts;
  if (parts.host === '') return { host: '::', port: parts.port };
  if (parts.host.toLowerCase() === 'localhost') return { host: '127.0.0.1', port: parts.port };
  if (isIP(parts.host) !== 0) return parts;
  return `an IP address of this machine before the port, or none for all of them: ":${parts.port}"`;
}

/** An address to send to: an IP literal or a host name, and a port. Returns what is wanted, as above. */
export function parseDstAddr(text: string): HostPort | string {
  const parts = split(text);
  if (typeof parts === 'string') return parts;
  if (parts.host === '') {
    return `a host before the port; for this machine write "127.0.0.1:${parts.port}"`;
  }
  return isHost(parts.host)
    ? parts
    : `an IP address or a host name before the port, such as "server.example.com:${parts.port}"`;
}

/** A host without a port: an IP literal or a host name. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || isHostName(text);
}

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host.toLowerCase() === 'localhost';
  return LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

function split(text: string): HostPort | string {
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) {
    const host = bracketed[1]!;
    if (!isIPv6(host)) return `an IPv6 address between the brackets, such as "[2001:db8::1]:${EXAMPLE_PORT}"`;
    return withPort(host, bracketed[2], `[${host}]`);
  }
  const colon = text.lastIndexOf(':');
  if (colon === -1) return /^\d{1,5}$/.test(text) ? needsHost(text) : withPort(text, undefined, text);
  const host = text.slice(0, colon);
  const port = text.slice(colon + 1);
  return host.includes(':') ? needsBrackets(text, host, port) : withPort(host, port, host);
}

function withPort(host: string, port: string | undefined, shownHost: string): HostPort | string {
  if (port === undefined || port === '') {
    const example = isHost(host) ? shownHost : '192.0.2.1';
    return `a port after the address, such as "${example}:${EXAMPLE_PORT}"`;
  }
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= 65535
    ? { host, port: number }
    : 'a port from 1 to 65535 after the last colon';
}

function needsHost(port: string): string {
  return `an address and a port, such as "127.0.0.1:${port}"`;
}

/** Of the two readings of `2001:db8::1:59401`, the one with a port is offered when the end looks like one. */
function needsBrackets(text: string, host: string, port: string): string {
  const endsInPort = isIPv6(host) && /^\d{1,5}$/.test(port) && (port.length > 3 || !isIPv6(text));
  if (endsInPort) return `brackets around the IPv6 address: "[${host}]:${port}"`;
  if (isIPv6(text)) return `brackets around the IPv6 address and a port: "[${text}]:${EXAMPLE_PORT}"`;
  return `one address and one port, such as "192.0.2.1:${EXAMPLE_PORT}" or "[2001:db8::1]:${EXAMPLE_PORT}"`;
}

/** Letters, digits, hyphens, underscores; a last label of digits only is a mistyped IPv4 address. */
function isHostName(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.');
  return (
    host.length <= MAX_NAME_CHARS &&
    labels.every((label) => LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1)!)
  );
}
