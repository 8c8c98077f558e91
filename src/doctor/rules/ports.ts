/** Whether the program can have the address and port that it listens on, or who has it. */
import { formatHostPort } from '../../config/index.ts';
import type { ClientFacts, ServerFacts, UdpSocket } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { isOwn, isUnspecified, overlaps } from './addresses.ts';

export function judgePorts(facts: ClientFacts | ServerFacts): Finding[] {
  return [...judgeListening(facts), ...judgeFarPort(facts)];
}

function judgeListening(facts: ClientFacts | ServerFacts): Finding[] {
  const { config, sockets, wireguard } = facts;
  const { listenAddr, role } = config;
  const key = `${role}.listenAddr`;
  const at = formatHostPort(listenAddr);
  if (!isUnspecified(listenAddr.host) && !isOwn(listenAddr.host, facts)) {
    const remedy =
      role === 'client'
        ? `${key}: 127.0.0.1:${listenAddr.port}, and the same as Endpoint in WireGuard`
        : `${key}: 0.0.0.0:${listenAddr.port}`;
    return [
      found(
        'problem',
        'listen-address',
        `${key}: ${listenAddr.host} is not an address of this host`,
        remedy,
        at,
      ),
    ];
  }
  const taken = sockets.filter(
    ({ address, port }) => port === listenAddr.port && overlaps(listenAddr.host, address),
  );
  if (taken.some(({ holder }) => holder?.role === role))
    return [ok('port', `rengarde-${role} listens there`, at)];
  // With its own socket in use WireGuard may come up first, and rengarde cannot.
  const twice = wireguard.devices.find(({ listenPort }) => listenPort === listenAddr.port);
  if (twice !== undefined) return [portTwice(facts, twice.name, at)];
  const [first] = taken;
  if (first === undefined) return [ok('port', 'the port is free', at)];
  const who = holderOf(first);
  const remedy = `end that program (${first.holder === undefined ? 'run as root to see which' : `kill ${first.holder.pid}`}), or choose another port for ${key}`;
  return [found('problem', 'port-taken', `the port is held by ${who}`, remedy, at)];
}

function portTwice({ config }: ClientFacts | ServerFacts, name: string, at: string): Finding {
  const { port } = config.listenAddr;
  const message = `WireGuard (${name}) has the port that rengarde-${config.role} is to listen on`;
  const remedy =
    config.role === 'client'
      ? `remove ListenPort from [Interface] of WireGuard's file; now: wg set ${name} listen-port 0`
      : `ListenPort = ${config.dstAddr.port === port ? port + 1 : config.dstAddr.port} in [Interface] of WireGuard's file, and the same port in server.dstAddr`;
  return found('problem', 'port-twice', message, remedy, at);
}

function holderOf({ holder }: UdpSocket): string {
  if (holder === undefined) return 'the kernel or a program of another user';
  return `${holder.name} (process ${holder.pid})`;
}

/** The same file on both hosts knows both ends. */
function judgeFarPort(facts: ClientFacts | ServerFacts): Finding[] {
  if (!('links' in facts) || facts.server === undefined) return [];
  const { config, server } = facts;
  if (config.dstAddr.port === server.listenAddr.port) return [];
  const message = `client.dstAddr sends to port ${config.dstAddr.port}, server.listenAddr listens on ${server.listenAddr.port}`;
  const remedy = `client.dstAddr: ${formatHostPort({ host: config.dstAddr.host, port: server.listenAddr.port })}; nothing, if a router in between forwards the port`;
  return [found('warning', 'port-mismatch', message, remedy, formatHostPort(config.dstAddr))];
}
