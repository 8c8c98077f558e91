import { describe, expect, test } from 'vitest';
import type { InterfaceKind } from './interface.ts';
import { type DeviceFacts, kindOf } from './kind.ts';

const ETHERNET = 1;

/** name, virtual type, kind, what else is known */
const TABLE: [string, string | undefined, InterfaceKind, Partial<DeviceFacts>?][] = [
  ['lo', undefined, 'loopback', { isLoopback: true, hardwareType: 772 }],
  ['eth0', undefined, 'ethernet'],
  ['enp3s0f1', undefined, 'ethernet'],
  ['lan0', undefined, 'ethernet'],
  ['eth0', 'veth', 'ethernet'],
  ['c0', 'veth', 'ethernet'],
  ['eth0.7', 'vlan', 'ethernet'],
  ['bond0', 'bond', 'ethernet'],
  ['macvlan0', 'macvlan', 'ethernet'],
  ['wlp2s0', undefined, 'wifi'],
  ['anything', undefined, 'wifi', { isWireless: true }],
  ['Wi-Fi 2', undefined, 'wifi', { hardwareType: undefined }],
  ['wwan0', undefined, 'mobile'],
  ['wwan0', 'wwan', 'mobile', { hardwareType: 519 }],
  ['enx001122334455', undefined, 'mobile', { isModem: true }],
  ['wg0', 'wireguard', 'wireguard', { hardwareType: 65534 }],
  ['home', 'wireguard', 'wireguard', { hardwareType: 65534 }],
  ['wg0', 'tun', 'wireguard', { hardwareType: 65534 }],
  ['home', 'tun', 'wireguard', { hardwareType: 65534, hasWireguardSocket: true }],
  ['utun4', undefined, 'wireguard', { hardwareType: undefined }],
  ['tailscale0', 'tun', 'wireguard', { hardwareType: 65534 }],
  ['wg-uplink', 'veth', 'ethernet'],
  ['br0', 'bridge', 'bridge'],
  ['br-lan', 'bridge', 'bridge'],
  ['ovs', 'openvswitch', 'bridge'],
  ['bridge100', undefined, 'bridge', { hardwareType: undefined }],
  ['docker0', 'bridge', 'container'],
  ['br-0123456789ab', 'bridge', 'container'],
  ['virbr0', 'bridge', 'container'],
  ['veth1a2b3c4', 'veth', 'container'],
  ['veth0', undefined, 'container'],
  ['vethernet', 'vlan', 'ethernet'],
  ['cali12345', 'veth', 'container'],
  ['cni0', 'bridge', 'container'],
  ['flannel.1', 'vxlan', 'container'],
  ['vx', 'vxlan', 'container'],
  ['lxcbr0', 'bridge', 'container'],
  ['podman0', 'bridge', 'container'],
  ['vnet3', 'tun', 'container'],
  ['kube-ipvs0', 'dummy', 'container'],
  ['vEthernet (WSL)', undefined, 'container', { hardwareType: undefined }],
  ['vEthernet (External)', undefined, 'other', { hardwareType: undefined }],
  ['tun0', 'tun', 'tunnel', { hardwareType: 65534 }],
  ['ppp0', 'ppp', 'tunnel', { hardwareType: 512 }],
  ['sit0', 'sit', 'tunnel', { hardwareType: 776 }],
  ['dummy0', 'dummy', 'virtual'],
  ['ifb0', 'ifb', 'virtual'],
  ['Ethernet 3', undefined, 'ethernet', { hardwareType: undefined }],
  ['Local Area Connection 4', undefined, 'ethernet', { hardwareType: undefined }],
  ['can0', undefined, 'other', { hardwareType: 280 }],
];

describe('kindOf()', () => {
  test.each(TABLE)('takes %s of type %s for %s', (name, virtualType, kind, more = {}) => {
    const facts = { name, isLoopback: false, hardwareType: ETHERNET, virtualType, ...more };
    expect(kindOf(facts)).toBe(kind);
  });
});
