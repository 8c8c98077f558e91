/**
 * Routing that would swallow packets: the tunnel that carries itself, and the kernel's filter against answers
 * that come by another way than it would send (rp_filter in Documentation/networking/ip-sysctl.rst).
 */
import { familyOf } from '../../net/index.ts';
import type { ClientFacts, LinkFacts, ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { coversEverything } from './full-tunnel.ts';

const STRICT = 1;

export function judgeClientRouting(facts: ClientFacts): Finding[] {
  const caught = facts.links.flatMap((link) => judgeTunnelled(link, facts));
  const filtered = facts.links.flatMap((link) => judgeReversePath(link, facts));
  const findings = [...caught, ...filtered];
  const isSeen = facts.links.some(({ unboundRoute }) => unboundRoute !== undefined);
  return findings.length === 0 && isSeen
    ? [ok('routing', 'no route and no filter takes packets away from the links')]
    : findings;
}

export function judgeServerRouting(facts: ServerFacts): Finding[] {
  const { wireguard, publicRoute, host, interfaces } = facts;
  const findings: Finding[] = [];
  if (wireguard.devices.some(({ name }) => name === publicRoute?.device)) {
    const message = 'everything leaves through the tunnel, so do the answers to clients: nothing arrives';
    const remedy = `give each peer of ${publicRoute!.device} only its own addresses in AllowedIPs, not 0.0.0.0/0, or Table = off`;
    findings.push(found('problem', 'full-tunnel', message, remedy, publicRoute!.device));
  }
  const used = interfaces.filter(({ isUsed }) => isUsed).map(({ interface: { name } }) => name);
  const strict = used.filter((name) => filterOf(name, host.reversePathFilters) === STRICT);
  if (used.length > 1 && strict.length > 0) {
    const message = `strict reverse-path filter on ${strict.join(', ')}: packets of clients that come by another interface than answers leave by are dropped unseen`;
    const remedy =
      'nothing, if clients come by one interface only; else sysctl -w net.ipv4.conf.all.rp_filter=2';
    findings.push(found('note', 'reverse-path-filter', message, remedy));
  }
  return findings;
}

function judgeTunnelled(link: LinkFacts, { wireguard, running, links }: ClientFacts): Finding[] {
  const { name, device, address, route, unboundRoute } = link;
  const tunnel = wireguard.devices.find(
    (one) => unboundRoute !== undefined && unboundRoute !== 'none' && unboundRoute.device === one.name,
  );
  if (tunnel === undefined || device?.name === tunnel.name) return [];
  const isFull = tunnel.peers.some(({ allowedIps }) => coversEverything(allowedIps));
  const why = isFull ? 'AllowedIPs = 0.0.0.0/0' : 'its AllowedIPs or a route';
  const isPortable = running.overview?.instance.engine === 'portable';
  const isCaught =
    device === undefined ||
    isPortable ||
    (route !== undefined && route !== 'none' && route.device === tunnel.name);
  if (isCaught) {
    const message = `packets to ${address} would go into ${tunnel.name} (${why}): the tunnel would carry itself`;
    const remedy =
      device === undefined
        ? `set ifName for the path "${name}", or ip route add ${address} via GATEWAY dev INTERFACE`
        : `ip route add ${address} via GATEWAY dev ${device.name}, or take ${address} out of AllowedIPs: the portable engine cannot hold packets to an interface`;
    return [found('problem', 'full-tunnel', message, remedy, name)];
  }
  if (links.find((one) => one.device !== undefined) !== link) return []; // once is enough
  const message = `${tunnel.name} takes all traffic (${why}); the links' own packets stay out of it because they are bound to their interfaces`;
  return [
    found(
      'note',
      'full-tunnel-bound',
      message,
      'nothing; with the portable engine add a route to the server past the tunnel',
      tunnel.name,
    ),
  ];
}

function judgeReversePath(link: LinkFacts, { host }: ClientFacts): Finding[] {
  const { name, device, address, source, unboundRoute } = link;
  if (device === undefined || address === undefined || unboundRoute === undefined) return [];
  if (familyOf(address) !== 4 || filterOf(device.name, host.reversePathFilters) !== STRICT) return [];
  if (unboundRoute !== 'none' && unboundRoute.device === device.name) return [];
  const message = `the server's answers are dropped on arrival: the reverse-path filter is strict, and the way back to ${address} is another interface`;
  const remedy = `sysctl -w net.ipv4.conf.all.rp_filter=2 (for good: in /etc/sysctl.d/), or a rule for its address: ip rule add from ${source} table NUMBER`;
  return [found('problem', 'reverse-path-filter', message, remedy, name)];
}

/** The kernel takes the larger of the interface's and the one for all. */
function filterOf(name: string, filters: ReadonlyMap<string, number>): number {
  return Math.max(filters.get('all') ?? 0, filters.get(name) ?? 0);
}
