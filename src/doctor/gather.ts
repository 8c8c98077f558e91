/** Lets the probes look, at once where they do not need each other's answers. */
import { type ClientConfig, compileGlobs, type ManagerConfig, type ServerConfig } from '../config/index.ts';
import { listInterfaces, selectInterfaces, type Verdict } from '../interfaces/index.ts';
import type { ClientFacts, FileFacts, Link, LinkFacts, Role, RunningFacts, ServerFacts } from './facts.ts';
import { linksOf } from './links.ts';
import { readHost } from './probes/host.ts';
import { askInstance } from './probes/instance.ts';
import { resolveNames } from './probes/names.ts';
import { findRoute } from './probes/routes.ts';
import { readUdpSockets } from './probes/sockets.ts';
import { readWireguard } from './probes/wireguard.ts';

/** Stands for the internet; documentation's own network (RFC 5737), and only looked up. */
const PUBLIC_ADDRESS = '203.0.113.1';

export async function gatherClient(
  config: ClientConfig,
  server: ServerConfig | undefined,
  file: FileFacts,
): Promise<ClientFacts> {
  const interfaces = verdictsOf(config.excludedInterfaces, config.includedInterfaces);
  const hosts = [config, ...config.dstOverrides, ...config.paths].flatMap(
    ({ dstAddr }) => dstAddr?.host ?? [],
  );
  const [common, names] = await Promise.all([gatherCommon(config, interfaces, file), resolveNames(hosts)]);
  const links = await Promise.all(linksOf(config, interfaces, names).map(withRoutes));
  return { config, server, names, links, ...common };
}

export async function gatherServer(config: ServerConfig, file: FileFacts): Promise<ServerFacts> {
  const interfaces = verdictsOf([], []);
  const [common, names, route] = await Promise.all([
    gatherCommon(config, interfaces, file),
    resolveNames([config.dstAddr.host]),
    findRoute({ to: PUBLIC_ADDRESS }),
  ]);
  return { config, names, publicRoute: route === 'none' ? undefined : route, ...common };
}

/** Which of the two programs is there: it answers by its API, or it holds its port. */
export async function findRunningRoles(
  sections: Partial<
    Record<Role, { readonly listenAddr: { readonly port: number }; readonly webManager?: ManagerConfig }>
  >,
): Promise<Role[]> {
  const roles = (['client', 'server'] as const).filter((role) => sections[role] !== undefined);
  const sockets = readUdpSockets(roles.map((role) => sections[role]!.listenAddr.port));
  const answers = await Promise.all(roles.map((role) => askInstance(sections[role]!.webManager)));
  return roles.filter((role, index) => {
    const { port } = sections[role]!.listenAddr;
    if (answers[index]?.overview?.role === role) return true;
    return sockets.some((socket) => socket.port === port && socket.holder?.role === role);
  });
}

function verdictsOf(excluded: readonly string[], included: readonly string[]): Verdict[] {
  return selectInterfaces(listInterfaces(), { excluded, included }, compileGlobs);
}

async function gatherCommon(
  config: ClientConfig | ServerConfig,
  interfaces: readonly Verdict[],
  file: FileFacts,
) {
  const { listenAddr, dstAddr, role } = config;
  const sockets = readUdpSockets([listenAddr.port, dstAddr.port]);
  const pid = sockets.find(({ port, holder }) => port === listenAddr.port && holder?.role === role)?.holder
    ?.pid;
  const used = interfaces.filter(({ isUsed }) => isUsed).map((verdict) => verdict.interface.name);
  const [host, wireguard, running]: [ClientFacts['host'], ClientFacts['wireguard'], RunningFacts] =
    await Promise.all([
      readHost(file.name, pid, used),
      readWireguard(interfaces.map((verdict) => verdict.interface)),
      askInstance(config.webManager),
    ]);
  return { file, interfaces, sockets, host, wireguard, running };
}

async function withRoutes(link: Link): Promise<LinkFacts> {
  const { address: to, source: from, device } = link;
  if (to === undefined) return { ...link, route: undefined, unboundRoute: undefined };
  const [route, unboundRoute] = await Promise.all([
    findRoute({ to, from, device: device?.name }),
    findRoute({ to, from }),
  ]);
  return { ...link, route, unboundRoute };
}
