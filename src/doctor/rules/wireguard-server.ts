/** The server's WireGuard: does it listen where rengarde-server sends, and with the key that the file names. */
import { formatHostPort } from '../../config/index.ts';
import type { ServerFacts, WireguardDevice } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { isOwn } from './addresses.ts';
import { unreadNotes } from './wireguard-unread.ts';

export function judgeServerWireguard(facts: ServerFacts): Finding[] {
  const { config, wireguard, sockets } = facts;
  const { dstAddr } = config;
  const notes = unreadNotes(facts);
  if (!isOwn(dstAddr.host, facts) || config.protocol === 'any') return notes;
  const device = wireguard.devices.find(({ listenPort }) => listenPort === dstAddr.port);
  if (device !== undefined) return [...notes, judgePort(device, facts), ...judgeKey(device, facts)];
  // Unreadable, in a container, or another program's: somebody at least listens there.
  if (wireguard.unread.length > 0 || sockets.some(({ port }) => port === dstAddr.port)) return notes;
  return [...notes, nobodyListens(facts)];
}

function judgePort({ name, listenPort }: WireguardDevice, { config }: ServerFacts): Finding {
  return ok(
    'wireguard-port',
    `listens on port ${listenPort}, where server.dstAddr ${formatHostPort(config.dstAddr)} sends`,
    name,
  );
}

function nobodyListens({ config, wireguard }: ServerFacts): Finding {
  const { host, port } = config.dstAddr;
  const [first] = wireguard.devices;
  if (first === undefined) {
    const remedy = `start WireGuard (wg-quick up wg0), with ListenPort = ${port} in [Interface]`;
    return found('problem', 'wireguard-port', `nobody listens at server.dstAddr ${host}:${port}`, remedy);
  }
  const ports = wireguard.devices.map(({ name, listenPort }) => `${name} on ${listenPort}`).join(', ');
  const message = `WireGuard listens elsewhere (${ports}) than server.dstAddr ${formatHostPort(config.dstAddr)} sends`;
  const remedy = `ListenPort = ${port} in [Interface] of WireGuard's file (now: wg set ${first.name} listen-port ${port}), or server.dstAddr: ${formatHostPort({ host, port: first.listenPort })}`;
  return found('problem', 'wireguard-port', message, remedy, first.name);
}

function judgeKey({ name, publicKey }: WireguardDevice, { config }: ServerFacts): Finding[] {
  if (publicKey === '') {
    const message = 'has no private key, so it answers nobody';
    return [
      found(
        'problem',
        'no-private-key',
        message,
        "PrivateKey = … in [Interface] of WireGuard's file (wg genkey makes one)",
        name,
      ),
    ];
  }
  if (config.wireguardPublicKey === undefined) {
    const message = "strangers' handshakes reach WireGuard: server.wireguardPublicKey is not set";
    return [found('note', 'no-public-key', message, `wireguardPublicKey: ${publicKey}`, name)];
  }
  const wanted = Buffer.from(config.wireguardPublicKey).toString('base64');
  if (wanted === publicKey)
    return [ok('public-key', 'has the key that server.wireguardPublicKey names', name)];
  const message = `server.wireguardPublicKey is ${wanted}, WireGuard's is ${publicKey}: every client is turned away`;
  return [found('problem', 'public-key-server', message, `wireguardPublicKey: ${publicKey}`, name)];
}
