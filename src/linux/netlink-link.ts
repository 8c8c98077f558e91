/**
 * One network device as rtnetlink describes it (RTM_NEWLINK). Says what the kernel says; what kind of
 * interface that makes is for the interfaces room.
 * Source: rtnetlink(7); linux/rtnetlink.h, linux/if_link.h, linux/if.h:
 *
 *     struct ifinfomsg { u8 ifi_family; u8 pad; u16 ifi_type; s32 ifi_index; u32 ifi_flags; u32 ifi_change; };
 */
import { readText, readUint8, readUint32, splitAttributes, viewOf } from './netlink-message.ts';

export const LINK_HEADER_BYTES = 16;

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
/** operstate is UP or UNKNOWN: the link is not dormant and the layer below it stands. */
const IFF_RUNNING = 0x40;
/** The driver sees carrier. */
const IFF_LOWER_UP = 0x10000;

const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_CARRIER = 33;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_SLAVE_KIND = 4;

/** RFC 2863's ifOperStatus in the order of linux/if.h. */
const OPERATIONAL_STATES = ['unknown', 'notpresent', 'down', 'lowerlayerdown', 'testing', 'dormant', 'up'];

export interface Link {
  readonly index: number;
  readonly name: string;
  /** ARPHRD_*: 1 Ethernet, 772 loopback, 65534 no link layer (linux/if_arp.h). */
  readonly hardwareType: number;
  readonly flags: number;
  readonly isLoopback: boolean;
  readonly isUp: boolean;
  /** Up, with carrier, and not waiting for a lower or upper layer. */
  readonly hasCarrier: boolean;
  /** Bytes; 0 when the kernel did not say. */
  readonly mtu: number;
  readonly operstate: string;
  /** The virtual device's type ("veth", "wireguard", "bridge"); absent for hardware and loopback. */
  readonly kind?: string;
  /** What this device is enslaved to: the master's type and index. */
  readonly masterKind?: string;
  readonly masterIndex?: number;
}

/** The device in an RTM_NEWLINK payload; undefined when it has no header, index or name. */
export function parseLink(payload: Uint8Array): Link | undefined {
  if (payload.length < LINK_HEADER_BYTES) return undefined;
  const view = viewOf(payload);
  const attributes = splitAttributes(payload.subarray(LINK_HEADER_BYTES));
  const index = view.getInt32(4, true);
  const name = readText(attributes.get(IFLA_IFNAME));
  if (index <= 0 || name === undefined) return undefined;

  const flags = view.getUint32(8, true);
  const isUp = (flags & IFF_UP) !== 0;
  const carrier = readUint8(attributes.get(IFLA_CARRIER)) ?? ((flags & IFF_LOWER_UP) !== 0 ? 1 : 0);
  const info = splitAttributes(attributes.get(IFLA_LINKINFO) ?? new Uint8Array());
  const kind = readText(info.get(IFLA_INFO_KIND));
  const masterKind = readText(info.get(IFLA_INFO_SLAVE_KIND));
  const masterIndex = readUint32(attributes.get(IFLA_MASTER));
  return {
    index,
    name,
    hardwareType: view.getUint16(2, true),
    flags,
    isLoopback: (flags & IFF_LOOPBACK) !== 0,
    isUp,
    hasCarrier: isUp && carrier !== 0 && (flags & IFF_RUNNING) !== 0,
    mtu: readUint32(attributes.get(IFLA_MTU)) ?? 0,
    operstate: OPERATIONAL_STATES[readUint8(attributes.get(IFLA_OPERSTATE)) ?? 0] ?? 'unknown',
    ...(kind !== undefined && { kind }),
    ...(masterKind !== undefined && { masterKind }),
    ...(masterIndex !== undefined && { masterIndex }),
  };
}
