/**
 * Whether a full packet of the tunnel fits each link in one piece, and the number to set if not.
 * Source: WireGuard white paper, section 5.4.6 (16 bytes of header, 16 of tag); UDP 8, IPv4 20, IPv6 40 bytes.
 */
import { familyOf } from '../../net/index.ts';
import type { ClientFacts, ServerFacts, WireguardDevice } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { clientDevices, serverDevice } from './wireguard-device.ts';

const WIREGUARD_BYTES = 32;
const UDP_BYTES = 8;
const IP_BYTES = { 4: 20, 6: 40 } as const;

interface Limit {
  readonly link: string;
  /** Of the link or of the route on it. */
  readonly mtu: number;
  readonly family: 4 | 6;
}

/** Bytes of the largest packet inside the tunnel whose copy fits. */
function roomIn({ mtu, family }: Limit): number {
  return mtu - overheadOf(family);
}

export function judgeMtu(facts: ClientFacts | ServerFacts): Finding[] {
  const isClient = 'links' in facts;
  const limits = isClient ? clientLimits(facts) : serverLimits(facts);
  const tightest = limits.reduce<Limit | undefined>(
    (least, limit) => (least === undefined || roomIn(limit) < roomIn(least) ? limit : least),
    undefined,
  );
  if (tightest === undefined) return [];
  const devices = isClient ? clientDevices(facts) : [serverDevice(facts)].filter((one) => one !== undefined);
  return devices.map((device) => judgeDevice(device, tightest));
}

function judgeDevice({ name, mtu }: WireguardDevice, limit: Limit): Finding {
  const room = roomIn(limit);
  if (mtu <= room) return ok('mtu', `MTU ${mtu} fits every link (at most ${room}, by ${limit.link})`, name);
  const message = `MTU ${mtu} makes packets of ${mtu + overheadOf(limit.family)} bytes, ${limit.link} carries ${limit.mtu}: they go in pieces, which many networks drop`;
  const remedy = `MTU = ${room} in [Interface] of WireGuard's file on both hosts; now: ip link set dev ${name} mtu ${room}`;
  return found('warning', 'mtu-too-large', message, remedy, name);
}

function overheadOf(family: 4 | 6): number {
  return IP_BYTES[family] + UDP_BYTES + WIREGUARD_BYTES;
}

function clientLimits({ links, interfaces }: ClientFacts): Limit[] {
  return links.flatMap(({ name, device, address, route }) => {
    if (address === undefined || route === undefined || route === 'none') return [];
    const out = device ?? interfaces.find(({ interface: one }) => one.name === route.device)?.interface;
    const mtus = [out?.mtu ?? 0, route.mtu ?? 0].filter((mtu) => mtu > 0);
    return mtus.length === 0 ? [] : [{ link: name, mtu: Math.min(...mtus), family: familyOf(address) }];
  });
}

/** Which links clients come by is not known: by the default route if there is one, else by any. */
function serverLimits({ interfaces, publicRoute }: ServerFacts): Limit[] {
  return interfaces.flatMap(({ interface: { name, mtu, addresses }, isUsed }) => {
    if (!isUsed || mtu === 0 || (publicRoute !== undefined && publicRoute.device !== name)) return [];
    const family = addresses.some((one) => one.usable && one.family === 4) ? 4 : 6;
    return [{ link: name, mtu, family }];
  });
}
