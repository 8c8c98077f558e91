/** The text of new wg-quick files for both hosts; wg-quick(8) has the keys. */
import { familyOf } from '../net/index.ts';
import type { KeyPair } from './answers.ts';
import { formatSubnet, hostAddress, type Subnet } from './tunnel-net.ts';

/** rengarde-server forgets a silent address after 30 s: this leaves time for several lost ones. */
export const KEEPALIVE_SECONDS = 5;
const SERVER_NUMBER = 1;

/** What the files of both hosts agree on. */
export interface TunnelPlan {
  readonly tunnel: readonly Subnet[];
  readonly clientNumber: number;
  readonly mtuBytes: number;
}

export function clientWireguardText(
  plan: TunnelPlan,
  keys: KeyPair,
  serverPublicKey: string,
  endpoint: string,
): string {
  return [
    '# WireGuard\'s file of the client, made by "rengarde init".',
    '[Interface]',
    `PrivateKey = ${keys.privateKey}`,
    `Address = ${addresses(plan, plan.clientNumber)}`,
    '# What fits the narrowest link: its MTU less 80 bytes.',
    `MTU = ${plan.mtuBytes}`,
    '',
    '[Peer]',
    '# The server, reached through rengarde-client on this host: client.listenAddr of engarde.yml.',
    `PublicKey = ${serverPublicKey}`,
    `Endpoint = ${endpoint}`,
    `AllowedIPs = ${plan.tunnel.map(formatSubnet).join(', ')}`,
    '# Keeps rengarde-server from forgetting the links while nothing else is sent.',
    `PersistentKeepalive = ${KEEPALIVE_SECONDS}`,
    '',
  ].join('\n');
}

/** @param clientPublicKey absent: a server without peers, which wait for `peerText` */
export function serverWireguardText(
  plan: TunnelPlan,
  keys: KeyPair,
  listenPort: number,
  clientPublicKey?: string,
): string {
  return [
    '# WireGuard\'s file of the server, made by "rengarde init".',
    '[Interface]',
    `PrivateKey = ${keys.privateKey}`,
    `Address = ${addresses(plan, SERVER_NUMBER)}`,
    '# server.dstAddr of engarde.yml. Only rengarde-server on this host speaks to it: it needs no open port.',
    `ListenPort = ${listenPort}`,
    `MTU = ${plan.mtuBytes}`,
    '',
    ...(clientPublicKey === undefined ? [] : [peerText(plan, clientPublicKey)]),
  ].join('\n');
}

/** The section that a server's file has for this client. */
export function peerText(plan: TunnelPlan, clientPublicKey: string): string {
  return `[Peer]
PublicKey = ${clientPublicKey}
AllowedIPs = ${clientAllowedIps(plan)}
`;
}

/** The client's own addresses, as a server's AllowedIPs has them. */
export function clientAllowedIps({ tunnel, clientNumber }: TunnelPlan): string {
  return tunnel
    .map((subnet) => hostAddress(subnet, clientNumber))
    .map((address) => `${address}/${familyOf(address) === 4 ? 32 : 128}`)
    .join(', ');
}

/** The server's first address inside of the tunnel. */
export function serverTunnelAddress({ tunnel }: TunnelPlan): string {
  return hostAddress(tunnel[0]!, SERVER_NUMBER);
}

function addresses({ tunnel }: TunnelPlan, number: number): string {
  return tunnel.map((one) => `${hostAddress(one, number)}/${one.prefixLength}`).join(', ');
}
