/** Whether the names that the file sends to have addresses. */
import { isIP } from 'node:net';
import type { HostPort } from '../../config/index.ts';
import type { ClientFacts, ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { coversEverything } from './full-tunnel.ts';

export function judgeNames(facts: ClientFacts | ServerFacts): Finding[] {
  return [...keysByName(facts)].flatMap(([name, key]) => {
    const addresses = facts.names.get(name) ?? [];
    if (addresses.length === 0) {
      const remedy = `correct the name in ${key}, or write the address itself; "getent ahosts ${name}" tells what this host knows of it`;
      return [found('problem', 'name-unresolved', `${key}: the name does not resolve`, remedy, name)];
    }
    const resolved = ok('name', `resolves to ${addresses.join(', ')}`, name);
    const full = facts.wireguard.devices.find((device) =>
      device.peers.some(({ allowedIps }) => coversEverything(allowedIps)),
    );
    if (full === undefined || !('links' in facts)) return [resolved];
    const message = `${key} is a name, and ${full.name} takes all traffic: without a tunnel it may not be looked up, and without its address there is no tunnel`;
    const remedy = `write the address (${addresses[0]}) into ${key}, or let a name server outside of the tunnel answer`;
    return [resolved, found('note', 'name-through-tunnel', message, remedy, name)];
  });
}

/** Each name with the first key that holds it. */
function keysByName({ config }: ClientFacts | ServerFacts): Map<string, string> {
  const keys = new Map<string, string>();
  const add = (key: string, at: HostPort | undefined) => {
    if (at !== undefined && isIP(at.host) === 0 && !keys.has(at.host)) keys.set(at.host, key);
  };
  add(`${config.role}.dstAddr`, config.dstAddr);
  if (config.role === 'client') {
    for (const { ifName, dstAddr } of config.dstOverrides) add(`dstOverrides (${ifName})`, dstAddr);
    for (const { name, dstAddr } of config.paths) add(`paths (${name})`, dstAddr);
  }
  return keys;
}
