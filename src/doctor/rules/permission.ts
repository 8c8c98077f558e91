/**
 * What the kernel lets the program do: bind to devices, bind to low ports. Judged for the running program when
 * there is one, else for whoever runs the doctor. Source: capabilities(7), socket(7) SO_BINDTODEVICE.
 */
import type { ClientFacts, ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { isAtLeast } from './kernel.ts';

const CAP_NET_BIND_SERVICE = 10n;
const CAP_NET_RAW = 13n;

export function judgePermission(facts: ClientFacts | ServerFacts): Finding[] {
  const { host, config, sockets } = facts;
  const may = (capability: bigint) => ((host.capabilities >> capability) & 1n) === 1n;
  const findings: Finding[] = [];
  const bindsToDevices = config.role === 'client' && host.engineObstacle === '';
  if (bindsToDevices && !may(CAP_NET_RAW) && !isAtLeast(host.kernel, 5, 7)) {
    const message = `may not bind to interfaces: Linux ${host.kernel} allows that to CAP_NET_RAW only (5.7 and later to everybody)`;
    const remedy = 'AmbientCapabilities=CAP_NET_RAW in the systemd unit, or run as root';
    findings.push(found('problem', 'device-permission', message, remedy));
  }
  const { port } = config.listenAddr;
  const isHeld = sockets.some((socket) => socket.port === port && socket.holder?.role === config.role);
  if (port < host.firstFreePort && !may(CAP_NET_BIND_SERVICE) && !isHeld) {
    const message = `may not listen on port ${port}: ports below ${host.firstFreePort} take CAP_NET_BIND_SERVICE`;
    const remedy = `a port from ${host.firstFreePort} for ${config.role}.listenAddr, or AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit`;
    findings.push(found('problem', 'port-privileged', message, remedy));
  }
  return findings.length > 0 ? findings : [ok('permission', 'nothing needed is forbidden')];
}
