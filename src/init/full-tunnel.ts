/** A tunnel that takes everything takes rengarde's own packets too: how to notice, and what to do about it. */
import { isIP } from 'node:net';
import type { HostPort } from '../config/index.ts';
import type { NetworkInterface } from '../interfaces/index.ts';
import type { Adopted } from './adopt.ts';
import { contains, parseSubnet } from './tunnel-net.ts';

const FIRST_METRIC = 101;

/** Empty when the server is outside of what the tunnel carries. */
export function fullTunnelWarning(
  { allowedIps, interfaceName }: Pick<Adopted, 'allowedIps' | 'interfaceName'>,
  { host }: HostPort,
  links: readonly Pick<NetworkInterface, 'name'>[],
): string[] {
  const taking = allowedIps.find((text) => takes(text, host));
  if (taking === undefined) return [];
  const isIpv6 = isIP(host) === 6;
  const target = isIP(host) === 0 ? 'SERVER-ADDRESS/32' : `${host}/${isIpv6 ? 128 : 32}`;
  const names = links.length === 0 ? ['INTERFACE'] : links.map(({ name }) => name);
  const routes = names.map(
    (name, index) =>
      `    ip ${isIpv6 ? '-6 ' : ''}route add ${target} via GATEWAY dev ${name} metric ${FIRST_METRIC + index}`,
  );
  const parts = [
    `AllowedIPs = ${taking} leads everything into ${interfaceName}, the server's address too, and with it the packets that`,
    `  rengarde sends there. Give each link a route to the server outside of the tunnel, by that link's own gateway:`,
    ...routes,
    ...(isIpv6 ? [] : ['  and let answers in on all of them: sysctl -w net.ipv4.conf.all.rp_filter=2']),
  ];
  return [parts.join('\n')];
}

/** A name may stand for any address: there, halves of the world and more count. */
function takes(allowed: string, host: string): boolean {
  const subnet = parseSubnet(allowed.replace(/^[+-]/, ''));
  if (subnet === undefined) return false;
  return isIP(host) === 0 ? subnet.prefixLength <= 1 : contains(subnet, host);
}
