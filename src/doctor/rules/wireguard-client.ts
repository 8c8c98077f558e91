/** The client's WireGuard: does it speak to rengarde, is it kept out of the links, does it know the right key. */
import { formatHostPort } from '../../config/index.ts';
import type { ClientFacts, WireguardDevice } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { isLoopback, isUnspecified, parseEndpoint } from './addresses.ts';
import { clientDevices, pointsAtClient } from './wireguard-device.ts';
import { unreadNotes } from './wireguard-unread.ts';

export function judgeClientWireguard(facts: ClientFacts): Finding[] {
  return [
    ...unreadNotes(facts),
    ...judgeEndpoints(facts),
    ...judgeUse(facts),
    ...judgePeerKeys(facts),
    ...judgeKeepalive(facts),
  ];
}

function judgeEndpoints(facts: ClientFacts): Finding[] {
  const { config, wireguard, running } = facts;
  const { devices, unread } = wireguard;
  const listening = endpointOf(facts);
  const ours = devices.filter(({ peers }) => peers.some(({ endpoint }) => pointsAtClient(endpoint, facts)));
  if (ours.length > 0)
    return ours.map(({ name }) => ok('wireguard-endpoint', `speaks to rengarde at ${listening}`, name));
  if (devices.length === 0) {
    const isHeard =
      running.overview?.role === 'client' && running.overview.session.tunnel.state !== 'waiting';
    if (unread.length > 0 || isHeard || !isLoopback(config.listenAddr.host)) return [];
    const remedy = `start it (wg-quick up wg0), with Endpoint = ${listening} in [Peer]`;
    return [found('warning', 'no-wireguard', 'there is no WireGuard interface on this host', remedy)];
  }
  const past = devices.flatMap((device) => pastRengarde(device, facts));
  if (past.length > 0) return past;
  const found_ = devices.map(
    ({ name, peers }) =>
      `${name}: ${peers.map(({ endpoint }) => endpoint ?? 'none').join(', ') || 'no peer'}`,
  );
  const name = devices.length === 1 ? devices[0]!.name : 'INTERFACE';
  const message = `no peer of WireGuard has rengarde at ${listening} as its endpoint (${found_.join('; ')})`;
  return [found('problem', 'wireguard-endpoint', message, setEndpoint(name, 'KEY', listening))];
}

/** Peers whose endpoint is the server itself. */
function pastRengarde({ name, peers }: WireguardDevice, facts: ClientFacts): Finding[] {
  const { dstAddr, dstOverrides, paths } = facts.config;
  const hosts = [dstAddr, ...[...dstOverrides, ...paths].flatMap((entry) => entry.dstAddr ?? [])].map(
    ({ host }) => host,
  );
  const addresses = new Set(hosts.flatMap((host) => facts.names.get(host) ?? [host]));
  return peers
    .filter(({ endpoint }) => endpoint !== undefined && addresses.has(parseEndpoint(endpoint)?.host ?? ''))
    .map(({ endpoint, publicKey }) => {
      const message = `its peer's endpoint is the server itself (${endpoint}): packets go there directly, past rengarde`;
      return found(
        'problem',
        'wireguard-endpoint-server',
        message,
        setEndpoint(name, publicKey, endpointOf(facts)),
        name,
      );
    });
}

function setEndpoint(name: string, key: string, endpoint: string): string {
  return `Endpoint = ${endpoint} in [Peer] of WireGuard's file; now: wg set ${name} peer ${key} endpoint ${endpoint}`;
}

/** Where WireGuard is to send to. */
function endpointOf({ config: { listenAddr } }: ClientFacts): string {
  const { host, port } = listenAddr;
  return formatHostPort({ host: isUnspecified(host) ? '127.0.0.1' : host, port });
}

function judgeUse({ interfaces, config, links }: ClientFacts): Finding[] {
  const isLink = (name: string) => links.some(({ device }) => device?.name === name);
  const used = interfaces
    .filter(({ interface: one }) => isLink(one.name))
    .map((verdict) => verdict.interface);
  const findings = used.flatMap(({ name, kind }) => {
    if (kind === 'wireguard') {
      const message = 'the WireGuard interface is used as a link: the tunnel would carry itself';
      const isNamed = config.includedInterfaces.includes(`+${name}`);
      const remedy = isNamed
        ? `remove "+${name}" from includedInterfaces`
        : `take it out of includedInterfaces and paths, or name ${name} in excludedInterfaces`;
      return [found('problem', 'wireguard-as-link', message, remedy, name)];
    }
    if (kind !== 'tunnel' || name.startsWith('ppp')) return []; // ppp: a modem's or a DSL line's
    const message = 'a tunnel is used as a link: its packets travel over the other links once more';
    const remedy = `name ${name} in excludedInterfaces, unless it is a provider's own`;
    return [found('warning', 'tunnel-as-link', message, remedy, name)];
  });
  const tunnels = interfaces
    .filter(({ interface: one }) => one.kind === 'wireguard')
    .map(({ interface: one }) => one.name);
  if (findings.length > 0 || tunnels.length === 0) return findings;
  return [ok('wireguard-excluded', 'is not used as a link', tunnels.join(', '))];
}

/** The file that is on both hosts may say which key is right. */
function judgePeerKeys(facts: ClientFacts): Finding[] {
  const { server } = facts;
  if (server?.wireguardPublicKey === undefined) return [];
  const wanted = Buffer.from(server.wireguardPublicKey).toString('base64');
  return clientDevices(facts).flatMap(({ name, peers }) => {
    const peer = peers.find(({ endpoint }) => pointsAtClient(endpoint, facts));
    if (peer === undefined) return [];
    if (peer.publicKey === wanted) return [ok('public-key', "its peer has the server's public key", name)];
    const message = `its peer's public key is ${peer.publicKey}, but the server's is ${wanted} by server.wireguardPublicKey`;
    return [
      found(
        'problem',
        'public-key-peer',
        message,
        `PublicKey = ${wanted} in [Peer] of WireGuard's file, then start WireGuard again`,
        name,
      ),
    ];
  });
}

function judgeKeepalive(facts: ClientFacts): Finding[] {
  return clientDevices(facts).flatMap(({ name, peers }) => {
    const peer = peers.find(({ endpoint }) => pointsAtClient(endpoint, facts));
    if (peer === undefined || (peer.keepaliveSeconds > 0 && peer.keepaliveSeconds < 30)) return [];
    const message = 'without a keepalive the server forgets idle links after 30 s, and cannot begin to speak';
    return [
      found('note', 'no-keepalive', message, "PersistentKeepalive = 25 in [Peer] of WireGuard's file", name),
    ];
  });
}
