/** Addresses as people give them to `rengarde init`, where the port may be left out. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { type HostPort, isHost, parseDstAddr } from '../config/index.ts';

/** rengarde-server's, unless somebody says otherwise. */
export const SERVER_PORT = 59402;
const WANTED = 'an IP address or a host name, such as "server.example.com"';

/** "203.0.113.10", "2001:db8::7", "[2001:db8::7]:7", "server.example.com:7"; what is wanted, as text, if none. */
export function parseServerAddress(text: string): HostPort | string {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (isIP(bare) !== 0 || (isHost(text) && !text.includes(':'))) return { host: bare, port: SERVER_PORT };
  return text.includes(':') ? parseDstAddr(text) : WANTED;
}

/** Where a server listens that is reached so: a name may stand for an IPv6 address as well. */
export function listenAddressFor({ host, port }: HostPort): string {
  return isIPv4(host) ? `0.0.0.0:${port}` : isIPv6(host) ? `[::]:${port}` : `:${port}`;
}
