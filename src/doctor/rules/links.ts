/** Per link: can it carry at all, and is there a route to the server out of it. */
import { formatHostPort } from '../../config/index.ts';
import type { NetworkInterface } from '../../interfaces/index.ts';
import type { ClientFacts, LinkFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';

const LINK_KINDS = new Set(['ethernet', 'wifi', 'mobile']);

export function judgeLinks(facts: ClientFacts): Finding[] {
  const { links, host } = facts;
  const findings = links.flatMap((link) => judgeLink(link));
  if (!host.hasIpCommand && links.some(({ address }) => address !== undefined)) {
    const message = 'routes cannot be looked at: there is no "ip" command';
    findings.push(
      found('note', 'no-ip-command', message, 'install iproute2 (on OpenWrt: opkg install ip-full)'),
    );
  }
  if (links.every(({ obstacle }) => obstacle !== undefined && obstacle !== 'unresolved'))
    findings.push(noLinks(facts));
  if (links.filter(({ obstacle, route }) => obstacle === undefined && route !== 'none').length === 1) {
    const message = 'there is only one usable link: what it loses is lost';
    findings.push(
      found(
        'note',
        'single-link',
        message,
        'add a second provider; rengarde-client list-interfaces shows what it sees',
      ),
    );
  }
  return [...findings, ...missingNames(facts)];
}

function judgeLink(link: LinkFacts): Finding[] {
  const { name, device, destination, address, source, obstacle, route } = link;
  const to = formatHostPort(destination);
  const at = device?.name ?? name;
  switch (obstacle) {
    case 'no-device':
      return [
        found(
          'problem',
          'no-device',
          'there is no such interface on this host',
          `correct ifName in the path "${name}"; rengarde-client list-interfaces shows the names`,
          name,
        ),
      ];
    case 'source-missing':
      return [
        found(
          'problem',
          'source-missing',
          'srcAddr is not an address of this host',
          `correct srcAddr in the path "${name}", or add the address to the interface`,
          name,
        ),
      ];
    case 'no-address':
      return device === undefined ? [] : withoutAddress(name, device);
    case 'no-family': {
      const mine = device?.addresses.find(({ usable }) => usable)?.family ?? 4;
      const message = `has only IPv${mine} addresses, ${to} has only IPv${mine === 4 ? 6 : 4} ones`;
      const remedy = `give the server an IPv${mine} address and name it in dstOverrides for ${at}, or name ${at} in excludedInterfaces`;
      return [found('warning', 'no-family', message, remedy, name)];
    }
    case 'unresolved':
      return []; // said once, of the name
    case undefined:
  }
  if (route === undefined) return [];
  if (route === 'none' || (device !== undefined && route.device !== device.name)) {
    const message = `no route to ${address} out of this interface: nothing that is sent on it arrives`;
    const family = address?.includes(':') === true ? ' -6' : '';
    const gateway = 'via GATEWAY';
    const remedy =
      device === undefined
        ? `ip${family} route add ${address} ${gateway}, GATEWAY being your router`
        : `ip${family} route add default ${gateway} dev ${at} metric ${200 + device.index}, GATEWAY being the router on ${at}`;
    return [found('problem', 'no-route', message, remedy, name)];
  }
  const way = route.gateway === undefined ? 'directly' : `by way of ${route.gateway}`;
  const from = source === undefined ? '' : ` from ${source}`;
  return [ok('route', `${address} is reached${from} ${way}`, name)];
}

/** Devices that nobody would take for a link say nothing: every kernel has some. */
function withoutAddress(name: string, { kind, isUp }: NetworkInterface): Finding[] {
  if (!LINK_KINDS.has(kind)) return [];
  const message = `has no usable address${isUp ? '' : ', it is down'}`;
  const remedy = `nothing, if it is not in use; else connect it (ip link set ${name} up, then DHCP or an address by hand)`;
  return [found('note', 'no-address', message, remedy, name)];
}

function noLinks({ interfaces, config }: ClientFacts): Finding {
  const names = interfaces.map(({ interface: { name }, reason }) => `${name}: ${reason}`).join(', ');
  const remedy =
    config.includedInterfaces.length > 0
      ? 'correct includedInterfaces: without "+" in front it is the list of all interfaces that are used'
      : 'connect a link, or bring one back with includedInterfaces: ["+NAME"]';
  return found('problem', 'no-links', `no interface is used (${names})`, remedy);
}

/** Interfaces that the file names in a way that asks for them. */
function missingNames({ config, interfaces }: ClientFacts): Finding[] {
  const isThere = (name: string) => interfaces.some(({ interface: one }) => one.name === name);
  const named = [
    ...config.dstOverrides.map(({ ifName }) => ({ key: 'dstOverrides', name: ifName })),
    ...config.includedInterfaces.map((entry) => ({
      key: 'includedInterfaces',
      name: entry.replace(/^\+/, ''),
    })),
  ];
  return named
    .filter(({ name }) => !/[*?[]/.test(name) && !isThere(name))
    .map(({ key, name }) =>
      found(
        'note',
        'interface-missing',
        `${key} names an interface that is not there now`,
        'nothing, if it comes and goes; else correct the name: rengarde-client list-interfaces shows them',
        name,
      ),
    );
}
