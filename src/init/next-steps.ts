/** What a person has to do once the files are written, on which host, as commands to copy. */
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { formatHostPort } from '../config/index.ts';
import type { Answers, Host } from './answers.ts';
import type { Outcome, Plan } from './plan.ts';
import { formatSubnet } from './tunnel-net.ts';
import { clientAllowedIps, peerText, serverTunnelAddress } from './wireguard-file.ts';

/** @param out the output directory, as the user named it */
export function nextSteps(answers: Answers, { outcome }: Plan, out: string): string {
  const sections = [...serverSteps(answers, outcome, out), ...clientSteps(answers, outcome, out)];
  return `${sections.join('\n')}\n`;
}

function serverSteps(answers: Answers, outcome: Outcome, out: string): string[] {
  const { server, role, wireguard } = answers;
  const isHere = role === 'server';
  const open = `  - Open UDP port ${server.port} in its firewall. WireGuard's own, ${outcome.listenPort}, needs no opening.`;
  const heading = `On the server${isHere ? ', here' : `, ${server.host}`}:`;
  if (role === 'client') {
    return [
      heading,
      '  - Save the file printed above as engarde.yml.',
      open,
      ...peerSteps(outcome),
      ...start('server', 'engarde.yml'),
      '',
    ];
  }
  const folder = isHere ? out : join(out, 'server');
  const host = isIPv6(server.host) ? `[${server.host}]` : server.host;
  const copy = isHere
    ? []
    : ['  - Copy its files there, from here:', `      scp -rp ${quote(folder)} root@${host}:rengarde`];
  const here = isHere ? out : '.';
  const inCopied = isHere ? [] : ['  - In that directory, there:', '      cd rengarde'];
  return [
    heading,
    ...copy,
    open,
    ...inCopied,
    ...wireguardSteps('server', answers, outcome, here),
    ...start('server', inFolder(here, 'engarde.yml')),
    ...(wireguard.kind === 'new' && role === 'both'
      ? [`  - ${quote(folder)} holds the server's private key: delete it here once it is copied.`]
      : []),
    '',
  ];
}

function clientSteps(answers: Answers, outcome: Outcome, out: string): string[] {
  const { role } = answers;
  if (role === 'server') return clientElsewhere(answers, outcome);
  const folder = role === 'both' ? join(out, 'client') : out;
  const file = inFolder(folder, 'engarde.yml');
  const { tunnel } = outcome;
  return [
    'On the client, here:',
    ...wireguardSteps('client', answers, outcome, folder),
    ...start('client', file),
    '  - See whether it works, in another terminal:',
    `      ping ${tunnel === undefined ? 'ADDRESS-OF-THE-SERVER-IN-THE-TUNNEL' : serverTunnelAddress(tunnel)}`,
    `      rengarde status ${file}`,
    `      rengarde doctor ${file}`,
  ];
}

function clientElsewhere(
  { server, wireguard, clientPort }: Answers,
  { mtuBytes, tunnel, ownPublicKey, interfaceName }: Outcome,
): string[] {
  if (tunnel === undefined || ownPublicKey === undefined || wireguard.kind !== 'new') {
    return [
      'On the client:',
      '  - Save the file printed above as engarde.yml.',
      `  - In its WireGuard file: "Endpoint = 127.0.0.1:${clientPort}", "PersistentKeepalive = 5", "MTU = ${mtuBytes}" at most.`,
      ...start('client', 'engarde.yml'),
    ];
  }
  if (wireguard.peerPublicKey !== undefined) return ['On the client:', ...start('client', 'engarde.yml')];
  const flags = [
    `--server ${formatHostPort(server)}`,
    '--with-wireguard',
    `--peer-public-key ${ownPublicKey}`,
    `--tunnel ${tunnel.tunnel.map(formatSubnet).join(',')}`,
    `--interface ${interfaceName}`,
  ];
  return [
    'On the client:',
    '  - Make its files, with a key that never leaves it:',
    `      rengarde init --role client ${flags.join(' ')}`,
    "    It prints what to add to this server's WireGuard then.",
  ];
}

/** What brings WireGuard up from the files of `folder`. */
function wireguardSteps(
  host: Host,
  { wireguard, role, clientPort }: Answers,
  outcome: Outcome,
  folder: string,
): string[] {
  const { interfaceName } = outcome;
  const written = inFolder(folder, `${interfaceName}.conf`);
  if (wireguard.kind === 'new') return ['  - Start WireGuard, as root:', `      wg-quick up ${written}`];
  if (wireguard.kind === 'existing' && wireguard.host === host) {
    const file = quote(wireguard.file.file);
    if (outcome.isChanged !== true) return [`  - ${file} stays as it is.`];
    return [
      '  - Restart WireGuard with the changed file, as root:',
      `      wg-quick down ${file}`,
      `      install -m 600 ${written} ${file}`,
      `      wg-quick up ${file}`,
    ];
  }
  return host === 'server'
    ? [
        `  - WireGuard listens on port ${outcome.listenPort} there; set "MTU = ${outcome.mtuBytes}" in its file if that has more.`,
      ]
    : [
        `  - In the client's WireGuard file: "MTU = ${outcome.mtuBytes}" and, below [Peer], "Endpoint = 127.0.0.1:${clientPort}"`,
        `    and "PersistentKeepalive = 5".${role === 'both' ? '' : ' Its peer is this host.'}`,
      ];
}

function peerSteps({ tunnel, ownPublicKey, interfaceName, mtuBytes }: Outcome): string[] {
  if (tunnel === undefined || ownPublicKey === undefined) return [];
  const peer = peerText(tunnel, ownPublicKey).trimEnd().split('\n');
  return [
    `  - Add this client to its ${interfaceName}.conf:`,
    ...peer.map((line) => `      ${line}`),
    '    and to the WireGuard that runs, as root:',
    `      wg set ${interfaceName} peer ${ownPublicKey} allowed-ips ${clientAllowedIps(tunnel).replaceAll(' ', '')}`,
    `    Its MTU there should be ${mtuBytes}, as here, or lower.`,
  ];
}

function start(host: Host, file: string): string[] {
  return [`  - Start rengarde-${host}:`, `      rengarde-${host} ${file}`];
}

/** With a slash in any case: wg-quick takes a name without one for a file in /etc/wireguard. */
function inFolder(folder: string, name: string): string {
  const path = join(folder, name);
  return quote(path.includes('/') ? path : `./${path}`);
}

function quote(path: string): string {
  return /^[\w./+:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
