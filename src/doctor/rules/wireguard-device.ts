/** Which of this host's WireGuard interfaces is the tunnel's. */
import type { ClientFacts, ServerFacts, WireguardDevice } from '../facts.ts';
import { isOwn, isUnspecified, parseEndpoint } from './addresses.ts';

/** Whether the endpoint is where rengarde-client listens. */
export function pointsAtClient(endpoint: string | undefined, facts: ClientFacts): boolean {
  const target = endpoint === undefined ? undefined : parseEndpoint(endpoint);
  const { host, port } = facts.config.listenAddr;
  if (target?.port !== port) return false;
  return target.host === host || (isUnspecified(host) && isOwn(target.host, facts));
}

/** Those with a peer behind rengarde-client; when there are none, the only one there is. */
export function clientDevices(facts: ClientFacts): WireguardDevice[] {
  const { devices } = facts.wireguard;
  const ours = devices.filter(({ peers }) => peers.some(({ endpoint }) => pointsAtClient(endpoint, facts)));
  return ours.length > 0 || devices.length !== 1 ? ours : [...devices];
}

/** The one that server.dstAddr names by its port; when none does, the only one there is. */
export function serverDevice({ wireguard, config }: ServerFacts): WireguardDevice | undefined {
  const { devices } = wireguard;
  const named = devices.find(({ listenPort }) => listenPort === config.dstAddr.port);
  return named ?? (devices.length === 1 ? devices[0] : undefined);
}
