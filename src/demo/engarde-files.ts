/**
 * What the demo writes into its two engarde.yml files, and the ports in them.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { UdpAddress } from '../wireguard/index.ts';

/** The client's file: WireGuard's packets arrive at `listen` and leave through each of `paths`; its page is at `page`. */
export function clientFile(
  listen: UdpAddress,
  paths: readonly { readonly name: string; readonly dstAddr: UdpAddress }[],
  page: UdpAddress,
): string {
  return `client:
  description: Demo, client
  listenAddr: ${hostPort(listen)}
  dstAddr: ${hostPort(paths[0]!.dstAddr)}
  webManager:
    listenAddr: ${hostPort(page)}
  paths:
${paths.map(({ name, dstAddr }) => `    - name: ${name}\n      dstAddr: ${hostPort(dstAddr)}\n`).join('')}`;
}

/** The server's file: clients arrive at `listen`, WireGuard is at `destination`; its page is at `page`. */
export function serverFile(listen: UdpAddress, destination: UdpAddress, page: UdpAddress): string {
  return `server:
  description: Demo, server
  listenAddr: ${hostPort(listen)}
  dstAddr: ${hostPort(destination)}
  webManager:
    listenAddr: ${hostPort(page)}
`;
}

/** UDP ports of an IPv4 address that are free now, all different; nothing keeps others from taking them. */
export async function freeUdpPorts(address: string, count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  const ports = await Promise.all(
    sockets.map(async (socket) => {
      const listening = once(socket, 'listening');
      socket.bind(0, address);
      await listening;
      return socket.address().port;
    }),
  );
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  return ports;
}

/** As `freeUdpPorts`, for TCP. */
export async function freeTcpPorts(address: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(async (server) => {
      const listening = once(server, 'listening');
      server.listen(0, address);
      await listening;
      const bound = server.address();
      return bound !== null && typeof bound === 'object' ? bound.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  return ports;
}

function hostPort({ address, port }: UdpAddress): string {
  return `${address}:${port}`;
}
