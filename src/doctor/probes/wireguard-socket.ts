/**
 * The control socket of a userspace WireGuard (wireguard-go, boringtun).
 * Source: wireguard.com/xplatform, "Cross-platform userspace implementation", configuration protocol.
 */
import { connect } from 'node:net';
import { publicKeyOf } from '../../wireguard/index.ts';
import type { WireguardDevice, WireguardPeer } from '../facts.ts';
import { wholeNumber } from './whole-number.ts';

const TIMEOUT_MS = 2_000;
const MAX_CHARS = 4 << 20;
const KEY_BYTES = 32;

/** undefined: there is no such socket, or this user may not speak to it. */
export async function askControlSocket(
  name: string,
): Promise<Omit<WireguardDevice, 'name' | 'mtu'> | undefined> {
  const text = await converse(`/var/run/wireguard/${name}.sock`);
  return text === undefined ? undefined : parseSettings(text);
}

function converse(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    const end = (answer: string | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TIMEOUT_MS, () => end(undefined));
    socket.on('error', () => end(undefined)); // no such socket, or no permission: not known, said as a note
    socket.on('connect', () => socket.write('get=1\n\n'));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.endsWith('\n\n')) end(text);
      else if (text.length > MAX_CHARS) end(undefined);
    });
    socket.on('close', () => end(undefined));
  });
}

/** The answer to `get=1`, with keys in hexadecimal as the protocol has them. */
export function parseSettings(text: string): Omit<WireguardDevice, 'name' | 'mtu'> {
  let publicKey = '';
  let listenPort = 0;
  const peers: WireguardPeer[] = [];
  const change = (values: Partial<WireguardPeer>) => {
    const last = peers.pop();
    if (last !== undefined) peers.push({ ...last, ...values });
  };
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    const [key, value] = [line.slice(0, equals), line.slice(equals + 1)];
    if (key === 'private_key') publicKey = publicKeyText(Buffer.from(value, 'hex'));
    else if (key === 'listen_port') listenPort = wholeNumber(value);
    else if (key === 'public_key') peers.push({ ...NEW_PEER, publicKey: base64(Buffer.from(value, 'hex')) });
    else if (key === 'endpoint') change({ endpoint: value });
    else if (key === 'allowed_ip') change({ allowedIps: [...(peers.at(-1)?.allowedIps ?? []), value] });
    else if (key === 'last_handshake_time_sec') change({ latestHandshakeSeconds: wholeNumber(value) });
    else if (key === 'persistent_keepalive_interval') change({ keepaliveSeconds: wholeNumber(value) });
  }
  return { publicKey, listenPort, peers };
}

const NEW_PEER = { allowedIps: [], latestHandshakeSeconds: 0, keepaliveSeconds: 0 };

/** Empty for what is no private key: whoever answers on that socket may be anything. */
function publicKeyText(privateKey: Uint8Array): string {
  return privateKey.length === KEY_BYTES ? base64(publicKeyOf(privateKey)) : '';
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
