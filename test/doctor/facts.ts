/** Facts of a host on which everything is right, for rules to be tried on with one thing changed. */
import type { ClientConfig, ServerConfig } from '../../src/config/index.ts';
import type {
  ClientFacts,
  HostFacts,
  Link,
  LinkFacts,
  ServerFacts,
  WireguardDevice,
} from '../../src/doctor/facts.ts';
import type { NetworkInterface, Verdict } from '../../src/interfaces/index.ts';

const manager = {
  listenAddr: { host: '127.0.0.1', port: 9001 },
  username: '',
  password: '',
  metricsToken: '',
  allowedHosts: [],
  allowInsecure: false,
};
const common = {
  description: '',
  writeTimeoutMs: 10,
  maxDatagramBytes: 9216,
  protocol: 'wireguard',
  deduplicate: true,
  lowLatency: false,
  webManager: manager,
} as const;

export const clientConfig: ClientConfig = {
  ...common,
  role: 'client',
  listenAddr: { host: '127.0.0.1', port: 59401 },
  dstAddr: { host: '198.51.100.32', port: 59402 },
  excludedInterfaces: [],
  includedInterfaces: [],
  interfaceLabels: {},
  dstOverrides: [],
  paths: [],
};

export const serverConfig: ServerConfig = {
  ...common,
  role: 'server',
  listenAddr: { host: '0.0.0.0', port: 59402 },
  dstAddr: { host: '127.0.0.1', port: 59301 },
  clientTimeoutMs: 30_000,
  wireguardPublicKey: Buffer.alloc(32, 1),
  maxSessions: 2048,
  maxUnconfirmedSessions: 1024,
  maxPathsPerSession: 16,
  newAddressesPerSecond: 1000,
};

/** The server's, as in `serverConfig`. */
export const serverKey = Buffer.alloc(32, 1).toString('base64');

export function networkInterface(name: string, changes: Partial<NetworkInterface> = {}): NetworkInterface {
  const addresses = [
    { family: 4, address: `192.0.2.${name.length}`, prefixLength: 24, usable: true },
  ] as const;
  return { name, index: 2, kind: 'ethernet', isUp: true, hasCarrier: true, mtu: 1500, addresses, ...changes };
}

export function used(one: NetworkInterface): Verdict {
  return { interface: one, isUsed: true, reason: '' };
}

export function link(name: string, changes: Partial<LinkFacts> = {}): LinkFacts {
  const device = networkInterface(name);
  const route = { device: name, gateway: '192.0.2.254' };
  const base: Link = {
    name,
    device,
    destination: clientConfig.dstAddr,
    address: '198.51.100.32',
    source: '192.0.2.7',
  };
  return { ...base, route, unboundRoute: route, ...changes };
}

export function wireguard(changes: Partial<WireguardDevice> = {}): WireguardDevice {
  const peer = {
    publicKey: serverKey,
    endpoint: '127.0.0.1:59401',
    allowedIps: ['10.88.0.2/32'],
    latestHandshakeSeconds: 1_790_000_000,
    keepaliveSeconds: 25,
  };
  return { name: 'wg0', mtu: 1420, publicKey: serverKey, listenPort: 59301, peers: [peer], ...changes };
}

export const host: HostFacts = {
  kernel: '6.1.0-18-amd64',
  capabilities: 0n,
  firstFreePort: 1024,
  receiveBufferLimitBytes: 4 << 20,
  reversePathFilters: new Map([['all', 0]]),
  hasIpCommand: true,
  withoutChecksumOffload: [],
  clock: { nowMs: Date.UTC(2026, 5, 1) },
  engineObstacle: '',
};

const both = {
  file: { name: 'engarde.yml', warnings: [] },
  names: new Map<string, readonly string[]>(),
  host,
  running: { unasked: { why: 'off', detail: '' } },
} as const;

export function clientFacts(changes: Partial<ClientFacts> = {}): ClientFacts {
  return {
    ...both,
    config: clientConfig,
    interfaces: [used(networkInterface('eth0')), used(networkInterface('wwan0'))],
    links: [link('eth0'), link('wwan0')],
    wireguard: { devices: [wireguard()], unread: [] },
    sockets: [
      { address: '127.0.0.1', port: 59401, holder: { pid: 7, name: 'rengarde-client', role: 'client' } },
    ],
    ...changes,
  };
}

export function serverFacts(changes: Partial<ServerFacts> = {}): ServerFacts {
  return {
    ...both,
    config: serverConfig,
    interfaces: [used(networkInterface('eth0'))],
    publicRoute: { device: 'eth0' },
    wireguard: { devices: [wireguard()], unread: [] },
    sockets: [
      { address: '0.0.0.0', port: 59402, holder: { pid: 7, name: 'rengarde-server', role: 'server' } },
    ],
    ...changes,
  };
}
