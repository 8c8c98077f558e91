/** What the running client's counters say: which link never hears anything, whether the server ever answered. */
import { formatHostPort } from '../../config/index.ts';
import type { ClientOverview, Path } from '../../contract/index.ts';
import type { ClientFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';

/** As on the page: an open link whose copies do not come, but others' do. */
const SILENT_SECONDS = 2;

export function judgeClientCounters(overview: ClientOverview, facts: ClientFacts): Finding[] {
  const { tunnel, paths } = overview.session;
  // Said of the link itself already: it cannot be open.
  const hindered = new Set(
    facts.links.filter(({ obstacle }) => obstacle !== undefined).map(({ name }) => name),
  );
  const links = paths.filter(({ name, state }) => state !== 'excluded' && !hindered.has(name));
  const judged = judgeTunnel(overview, facts);
  const isAnswered = tunnel.state === 'carrying' || tunnel.state === 'losing' || tunnel.state === 'idle';
  return [...judged, ...links.flatMap((path) => judgeLink(path, isAnswered))];
}

function judgeTunnel(
  { instance, session: { tunnel, paths } }: ClientOverview,
  { config, links }: ClientFacts,
): Finding[] {
  const to = formatHostPort(config.dstAddr);
  switch (tunnel.state) {
    case 'no-path':
      return [
        found(
          'problem',
          'no-open-link',
          'no link is open, so nothing is carried',
          'see what is said of each link, above and below',
        ),
      ];
    case 'waiting': {
      const message = `WireGuard has not sent anything to ${instance.listenAddress} yet`;
      const remedy = `ping the server through the tunnel; if this stays, WireGuard is down or its Endpoint is not ${instance.listenAddress}`;
      return [found('warning', 'wireguard-unheard', message, remedy)];
    }
    case 'unanswered': {
      const hasHeard = paths.some(({ lastSeconds }) => lastSeconds !== null);
      const since = hasHeard
        ? `nothing comes back from ${to} any more`
        : `nothing has ever come back from ${to}`;
      const sent = links.length === 1 ? 'on the only link' : 'on any link';
      const { host, port } = config.dstAddr;
      const remedy = `on ${host}: does rengarde-server run (rengarde doctor there), is UDP port ${port} open in the firewall, is ${port} the port of its server.listenAddr? And has WireGuard's peer here the server's public key?`;
      return [found('problem', 'server-silent', `packets are sent, but ${since} ${sent}`, remedy)];
    }
    case 'losing': {
      const { lost, lossShare } = tunnel.windows['1m'];
      const message = `the tunnel loses packets that no link delivers: ${lost} in the last minute (${percent(lossShare)})`;
      const remedy =
        'see which links are silent or lossy; add a link, or take slow queues off them (rengarde status)';
      return [found('warning', 'tunnel-losing', message, remedy)];
    }
    case 'carrying':
    case 'idle':
      return [
        ok(
          'tunnel',
          tunnel.state === 'idle'
            ? 'the server has answered; nothing to carry now'
            : 'the tunnel carries and loses nothing',
        ),
      ];
  }
}

function judgeLink(path: Path, isAnswered: boolean): Finding[] {
  const { name, state, reason, lastSeconds, silentSeconds, windows } = path;
  if (state === 'down') {
    return [
      found(
        'warning',
        'link-down',
        `is not open: ${reason}`,
        'connect it, or name it in excludedInterfaces',
        name,
      ),
    ];
  }
  if (!isAnswered || state !== 'suspect') return [];
  if (lastSeconds === null) {
    const message = `sends (${windows.start.packetsOut} packets), but nothing ever comes back on it, though other links deliver`;
    const remedy = `is there a way to the server out of it (ping -I ${name} SERVER), and does its provider or a firewall let UDP through?`;
    return [found('warning', 'link-silent', message, remedy, name)];
  }
  if (silentSeconds < SILENT_SECONDS) return [];
  const message = `sends, but nothing has come back on it for ${Math.round(silentSeconds)} s, though other links deliver`;
  return [
    found(
      'warning',
      'link-silent',
      message,
      `is ${name} connected, and its provider up (ping -I ${name} SERVER)?`,
      name,
    ),
  ];
}

function percent(share: number | null): string {
  return `${((share ?? 0) * 100).toFixed(1)} %`;
}
