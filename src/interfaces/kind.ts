/**
 * From what the system says of a device to the kind of interface a person would call it. Names are evidence
 * only where the device's own type leaves it open: a veth named "eth0" is the Ethernet of a container that
 * this program runs in, a veth named "veth1a2b3c" is the host's end of somebody else's.
 * Source: linux/if_arp.h; the naming of Docker, Podman, CNI plugins, LXD/Incus, libvirt and systemd.
 */
import type { InterfaceKind } from './interface.ts';

export interface DeviceFacts {
  readonly name: string;
  readonly isLoopback: boolean;
  /** ARPHRD_*; undefined where the system does not say. */
  readonly hardwareType?: number | undefined;
  /** What `ip -d link` calls it: "veth", "tun", "bridge" …; undefined for hardware or when unknown. */
  readonly virtualType?: string | undefined;
  readonly isWireless?: boolean;
  readonly isModem?: boolean;
  /** A userspace WireGuard answers on /var/run/wireguard/NAME.sock. */
  readonly hasWireguardSocket?: boolean;
}

const ARPHRD_ETHER = 1;

const TYPES: Readonly<Record<string, InterfaceKind>> = {
  wireguard: 'wireguard',
  amneziawg: 'wireguard',
  bridge: 'bridge',
  openvswitch: 'bridge',
  'ovs-system': 'bridge',
  vxlan: 'container',
  geneve: 'container',
  wlan: 'wifi',
  wwan: 'mobile',
  rmnet: 'mobile',
  tun: 'tunnel',
  tap: 'tunnel',
  ovpn: 'tunnel',
  ppp: 'tunnel',
  ipip: 'tunnel',
  sit: 'tunnel',
  gre: 'tunnel',
  gretap: 'tunnel',
  erspan: 'tunnel',
  ip6tnl: 'tunnel',
  ip6gre: 'tunnel',
  ip6gretap: 'tunnel',
  vti: 'tunnel',
  vti6: 'tunnel',
  xfrm: 'tunnel',
  gtp: 'tunnel',
  // Left in use when somebody gives one an address, as engarde does: that is a decision, not an accident.
  dummy: 'virtual',
  ifb: 'virtual',
  nlmon: 'virtual',
  vcan: 'virtual',
  netdevsim: 'virtual',
};

const WIREGUARD_NAME = /^(wg|utun|tailscale)/;
/** Devices that these names are given to without being WireGuard's have a type of their own. */
const WIREGUARD_TYPES = new Set([undefined, 'tun']);
const CONTAINER_NAME =
  /^(docker|br-[0-9a-f]{12}$|cni|cali|cilium|flannel|weave|kube-|nodelocaldns|lxc|lxd|incus|virbr|podman|vnet\d|vmnet\d|vboxnet\d|vEthernet \((WSL|Default Switch))/;
const CONTAINER_VETH_NAME = /^veth/;
const WIFI_NAME = /^(wl|ath\d|Wi-?Fi|Wireless|WLAN)/;
const MOBILE_NAME = /^(ww|rmnet|ccmni|pdp_ip|Cellular|Mobile)/;
const BRIDGE_NAME = /^(br\d+|bridge\d+)$/;
const TUNNEL_NAME = /^(tun|tap|ppp|ipsec|gif\d|stf\d)/;
const ETHERNET_NAME = /^(en|eth|Ethernet|Local Area Connection)/;

/** The kind of interface these facts make. */
export function kindOf(facts: DeviceFacts): InterfaceKind {
  const { name, virtualType } = facts;
  if (facts.isLoopback) return 'loopback';
  if (facts.hasWireguardSocket === true) return 'wireguard';
  if (WIREGUARD_TYPES.has(virtualType) && WIREGUARD_NAME.test(name)) return 'wireguard';
  if (TYPES[virtualType ?? ''] === 'wireguard') return 'wireguard';
  if (isContainers(facts)) return 'container';
  if (facts.isWireless === true) return 'wifi';
  if (facts.isModem === true) return 'mobile';
  return (virtualType !== undefined && TYPES[virtualType]) || kindByName(facts);
}

function isContainers({ name, virtualType }: DeviceFacts): boolean {
  if (CONTAINER_NAME.test(name)) return true;
  return (virtualType === undefined || virtualType === 'veth') && CONTAINER_VETH_NAME.test(name);
}

/** Hardware, an Ethernet-like type (veth, vlan, macvlan, bond …), or a system that tells no types. */
function kindByName({ name, hardwareType, virtualType }: DeviceFacts): InterfaceKind {
  if (virtualType === undefined) {
    if (WIFI_NAME.test(name)) return 'wifi';
    if (MOBILE_NAME.test(name)) return 'mobile';
    if (BRIDGE_NAME.test(name)) return 'bridge';
    if (TUNNEL_NAME.test(name)) return 'tunnel';
  }
  return hardwareType === ARPHRD_ETHER || ETHERNET_NAME.test(name) ? 'ethernet' : 'other';
}
