/**
 * What WireGuard is set to: by `wg show NAME dump` (man 8 wg), or without that program from the control socket of
 * a userspace one. Each interface of this host is asked by name: `wg show all` asks those of other network
 * namespaces too. Private and preshared keys are dropped at once.
 */
import type { NetworkInterface } from '../../interfaces/index.ts';
import type { WireguardDevice, WireguardFacts, WireguardPeer } from '../facts.ts';
import { runCommand } from './command.ts';
import { wholeNumber } from './whole-number.ts';
import { askControlSocket } from './wireguard-socket.ts';

type Settings = Omit<WireguardDevice, 'name' | 'mtu'>;

export async function readWireguard(interfaces: readonly NetworkInterface[]): Promise<WireguardFacts> {
  const own = interfaces.filter(({ kind }) => kind === 'wireguard');
  const read = await Promise.all(own.map(async (one) => ({ one, settings: await readSettings(one.name) })));
  return {
    devices: read.flatMap(({ one: { name, mtu }, settings }) =>
      typeof settings === 'string' ? [] : [{ name, mtu, ...settings }],
    ),
    unread: read.flatMap(({ one: { name }, settings }) =>
      typeof settings === 'string' ? [{ name, why: settings }] : [],
    ),
  };
}

/** The settings, or why they cannot be read. */
async function readSettings(name: string): Promise<Settings | string> {
  const shown = await runCommand('wg', ['show', name, 'dump']);
  if (shown !== 'missing' && shown.status === 0) return parseDump(shown.stdout);
  const fromSocket = await askControlSocket(name);
  if (fromSocket !== undefined) return fromSocket;
  if (shown === 'missing') return 'there is no "wg" command';
  const said = shown.stderr.trim().split('\n').at(-1) ?? '';
  return said === '' ? 'wg gives no answer' : said;
}

/** What `wg show NAME dump` printed. */
export function parseDump(text: string): Settings {
  const [first = '', ...rest] = text.split('\n').filter((line) => line !== '');
  const [, publicKey = '', listenPort = '0'] = first.split('\t');
  return {
    publicKey: publicKey === '(none)' ? '' : publicKey,
    listenPort: wholeNumber(listenPort),
    peers: rest.map(parsePeer),
  };
}

function parsePeer(line: string): WireguardPeer {
  const [publicKey = '', , endpoint = '(none)', allowedIps = '(none)', latest = '0', , , keepalive = 'off'] =
    line.split('\t');
  return {
    publicKey,
    ...(endpoint !== '(none)' && { endpoint }),
    allowedIps: allowedIps === '(none)' ? [] : allowedIps.split(','),
    latestHandshakeSeconds: wholeNumber(latest),
    keepaliveSeconds: wholeNumber(keepalive), // or "off"
  };
}
