import { describe, expect, test } from 'vitest';
import {
  clientConfig,
  clientFacts,
  host,
  link,
  networkInterface,
  serverConfig,
  serverFacts,
  used,
  wireguard,
} from '../../test/doctor/facts.ts';
import type { ClientFacts, HostFacts, ServerFacts, WireguardPeer } from './facts.ts';
import { type Finding, statusOf } from './finding.ts';
import { judge } from './judge.ts';

const CAP_NET_ADMIN = 1n << 12n;
const CAP_NET_RAW = 1n << 13n;
const [peer] = wireguard().peers as [WireguardPeer];

const onHost = (changes: Partial<HostFacts>) => clientFacts({ host: { ...host, ...changes } });
const onServer = (changes: Partial<HostFacts>) => serverFacts({ host: { ...host, ...changes } });
const withConfig = (changes: Partial<ClientFacts['config']>) =>
  clientFacts({ config: { ...clientConfig, ...changes }, sockets: [] });
const withPeer = (changes: Partial<WireguardPeer>) =>
  clientFacts({ wireguard: { devices: [wireguard({ peers: [{ ...peer, ...changes }] })], unread: [] } });
const withDevices = (...devices: ReturnType<typeof wireguard>[]) => ({ wireguard: { devices, unread: [] } });

/** The codes of what is not in order, in the order in which they are said. */
function said(facts: ClientFacts | ServerFacts): string[] {
  return judge(facts)
    .filter(({ level, code }) => level !== 'ok' && code !== 'web-off')
    .map(({ code }) => code);
}

function finding(facts: ClientFacts | ServerFacts, code: string): Finding | undefined {
  return judge(facts).find((one) => one.code === code);
}

describe('judge()', () => {
  test.each([
    ['client', clientFacts()],
    ['server', serverFacts()],
  ])('has nothing to say of a %s on which everything is right', (_, facts) => {
    expect(said(facts)).toEqual([]);
  });

  test.each<[string, ClientFacts | ServerFacts, string[]]>([
    ['an old kernel and an ordinary user', onHost({ kernel: '5.4.0' }), ['device-permission']],
    ['an old kernel and CAP_NET_RAW', onHost({ kernel: '5.4.0', capabilities: CAP_NET_RAW }), []],
    ['Linux 5.7', onHost({ kernel: '5.7.0-rc1' }), []],
    ['an old kernel on a server', onServer({ kernel: '5.4.0' }), []],
    [
      'an old kernel and the portable engine',
      onHost({ kernel: '4.4.0', engineObstacle: 'no' }),
      ['portable-engine'],
    ],
    [
      'a kernel without receive offload',
      onHost({ kernel: '4.19.1', capabilities: CAP_NET_RAW }),
      ['no-offload'],
    ],
    ['small buffers', onHost({ receiveBufferLimitBytes: 212_992 }), ['small-buffers']],
    [
      'small buffers and CAP_NET_ADMIN',
      onHost({ receiveBufferLimitBytes: 212_992, capabilities: CAP_NET_ADMIN }),
      [],
    ],
    ['buffers that the kernel does not show', onHost({ receiveBufferLimitBytes: undefined }), []],
    ['a device without checksums', onHost({ withoutChecksumOffload: ['eth0'] }), ['no-offload']],
    ['an unused device without checksums', onHost({ withoutChecksumOffload: ['eth9'] }), []],
    [
      'a low port',
      withConfig({ listenAddr: { host: '127.0.0.1', port: 594 } }),
      ['port-privileged', 'wireguard-endpoint', 'not-running'],
    ],
  ])('on %s', (_, facts, codes) => {
    expect(said(facts)).toEqual(codes);
  });

  const minuteMs = 60_000;
  const nowMs = host.clock.nowMs;
  test.each<[string, HostFacts['clock'], string[]]>([
    [
      'now, and a file of a minute later',
      { nowMs, newestFile: { name: 'f', modifiedMs: nowMs + minuteMs } },
      [],
    ],
    [
      'now, and a file of an hour later',
      { nowMs, newestFile: { name: 'f', modifiedMs: nowMs + 60 * minuteMs } },
      ['clock-behind'],
    ],
    ['1970', { nowMs: 1000 }, ['clock-behind']],
    ['the end of 2023', { nowMs: Date.UTC(2023, 11, 31) }, ['clock-behind']],
    ['the beginning of 2024', { nowMs: Date.UTC(2024, 0, 1) }, []],
  ])('when the clock says %s', (_, clock, codes) => {
    expect(said(onHost({ clock }))).toEqual(codes);
  });

  test('takes a wrong clock for the reason when there was no handshake', () => {
    const facts = withPeer({ latestHandshakeSeconds: 0 });
    const wrong = { ...facts, host: { ...host, clock: { nowMs: 0 } } };
    expect(finding(wrong, 'clock-behind')?.level).toBe('problem');
    expect(finding(onHost({ clock: { nowMs: 0 } }), 'clock-behind')?.level).toBe('warning');
  });

  test.each<[string, number, number, 4 | 6, number | undefined, string | undefined]>([
    ['fits exactly', 1440, 1500, 4, undefined, undefined],
    ['is a byte too large', 1441, 1500, 4, undefined, 'MTU = 1440 '],
    ['fits exactly over IPv6', 1420, 1500, 6, undefined, undefined],
    ['is a byte too large over IPv6', 1421, 1500, 6, undefined, 'MTU = 1420 '],
    ['is too large for a mobile link', 1420, 1428, 4, undefined, 'MTU = 1368 '],
    ['is too large for the route', 1420, 1500, 4, 1400, 'MTU = 1340 '],
  ])('of an MTU that %s', (_, mtu, linkMtu, family, routeMtu, remedy) => {
    const address = family === 4 ? '198.51.100.32' : '2001:db8::32';
    const route = { device: 'wwan0', ...(routeMtu !== undefined && { mtu: routeMtu }) };
    const narrow = link('wwan0', {
      device: networkInterface('wwan0', { mtu: linkMtu }),
      address,
      route,
      unboundRoute: route,
    });
    const facts = clientFacts({
      links: [link('eth0', { device: networkInterface('eth0', { mtu: 9000 }) }), narrow],
      ...withDevices(wireguard({ mtu })),
    });
    const hit = finding(facts, 'mtu-too-large');
    if (remedy === undefined) expect(hit).toBeUndefined();
    else expect(hit?.remedy).toContain(remedy);
  });

  const toWireguard = { device: 'wg0' };
  test.each<[string, ClientFacts, string[]]>([
    [
      'no route',
      clientFacts({ links: [link('eth0'), link('b'), link('c', { route: 'none' })] }),
      ['no-route'],
    ],
    [
      'a route by another interface only',
      clientFacts({ links: [link('eth0'), link('b'), link('c', { route: { device: 'eth0' } })] }),
      ['no-route'],
    ],
    [
      'routes that nobody can look at',
      clientFacts({ links: [link('eth0', { route: undefined, unboundRoute: undefined }), link('b')] }),
      [],
    ],
    ['one link only', clientFacts({ links: [link('eth0')] }), ['single-link']],
    ['no links', clientFacts({ links: [] }), ['no-links']],
    ['no ip command', onHost({ hasIpCommand: false }), ['no-ip-command']],
    [
      'a way back by another interface, and no filter',
      clientFacts({ links: [link('eth0'), link('b', { unboundRoute: { device: 'eth0' } })] }),
      [],
    ],
    [
      'a bound link beside a full tunnel',
      clientFacts({
        links: [link('eth0', { unboundRoute: toWireguard }), link('b', { unboundRoute: toWireguard })],
      }),
      ['full-tunnel-bound'],
    ],
  ])('of links with %s', (_, facts, codes) => {
    expect(said(facts)).toEqual(codes);
  });

  test.each([
    [
      'loose for all',
      [
        ['all', 2],
        ['b', 1],
      ],
      [],
    ],
    [
      'strict for all',
      [
        ['all', 1],
        ['b', 0],
      ],
      ['reverse-path-filter'],
    ],
    [
      'strict for this one',
      [
        ['all', 0],
        ['b', 1],
      ],
      ['reverse-path-filter'],
    ],
    [
      'strict for another one',
      [
        ['all', 0],
        ['eth0', 1],
      ],
      [],
    ],
    [
      'strict for all, loose for this one',
      [
        ['all', 1],
        ['b', 2],
      ],
      [],
    ],
  ] as const)('of a reverse-path filter that is %s', (_, filters, codes) => {
    const links = [link('eth0'), link('b', { unboundRoute: { device: 'eth0' } })];
    expect(said(clientFacts({ links, host: { ...host, reversePathFilters: new Map(filters) } }))).toEqual(
      codes,
    );
  });

  test('of a path without interface that goes into the tunnel', () => {
    const { device: _, ...unbound } = link('main', { route: toWireguard, unboundRoute: toWireguard });
    expect(said(clientFacts({ links: [link('eth0'), unbound] }))).toContain('full-tunnel');
  });

  test.each<[string, ClientFacts, string[]]>([
    ['the server itself', withPeer({ endpoint: '198.51.100.32:51820' }), ['wireguard-endpoint-server']],
    ['nowhere', withPeer({ endpoint: '127.0.0.1:1' }), ['wireguard-endpoint']],
    ['another own address', withPeer({ endpoint: '192.0.2.4:59401' }), ['wireguard-endpoint']],
    ['rengarde, without keepalive', withPeer({ keepaliveSeconds: 0 }), ['no-keepalive']],
  ])("of a peer's endpoint at %s", (_, facts, codes) => {
    expect(said(facts)).toEqual(codes);
  });

  test('takes any own address for rengarde that listens on all', () => {
    const config = { ...clientConfig, listenAddr: { host: '0.0.0.0', port: 59401 } };
    expect(said({ ...withPeer({ endpoint: '192.0.2.4:59401' }), config })).toEqual([]);
    expect(said({ ...withPeer({ endpoint: '203.0.113.4:59401' }), config })).toEqual(['wireguard-endpoint']);
  });

  test.each<[string, Partial<ClientFacts>, string[]]>([
    [
      'WireGuard',
      {
        links: [link('eth0'), link('wg0', { device: networkInterface('wg0', { kind: 'wireguard' }) })],
        interfaces: [used(networkInterface('wg0', { kind: 'wireguard' }))],
      },
      ['wireguard-as-link'],
    ],
    [
      'a VPN',
      {
        links: [link('eth0'), link('tun0')],
        interfaces: [used(networkInterface('tun0', { kind: 'tunnel' }))],
      },
      ['tunnel-as-link'],
    ],
    [
      'a DSL line',
      {
        links: [link('eth0'), link('ppp0')],
        interfaces: [used(networkInterface('ppp0', { kind: 'tunnel' }))],
      },
      [],
    ],
  ])('of %s used as a link', (_, changes, codes) => {
    expect(said(clientFacts(changes))).toEqual(codes);
  });

  const held = (name: string) => [{ address: '127.0.0.1', port: 59401, holder: { pid: 9, name } }];
  test.each<[string, ClientFacts, string]>([
    ['by name', clientFacts({ sockets: held('openvpn') }), 'the port is held by openvpn (process 9)'],
    [
      'without a name',
      clientFacts({ sockets: [{ address: '0.0.0.0', port: 59401 }] }),
      'the port is held by the kernel or a program of another user',
    ],
  ])('tells who holds a port, %s', (_, facts, message) => {
    expect(finding(facts, 'port-taken')?.message).toBe(message);
  });

  test('of a port that somebody holds on another address says nothing', () => {
    const sockets = [{ address: '192.0.2.4', port: 59401, holder: { pid: 9, name: 'openvpn' } }];
    expect(said(clientFacts({ sockets }))).toEqual(['not-running']);
  });

  test.each<[string, Partial<ServerFacts>, string[]]>([
    ["WireGuard's port is rengarde's", withDevices(wireguard({ listenPort: 59402 })), ['wireguard-port']],
    [
      "WireGuard has rengarde's port already",
      { ...withDevices(wireguard({ listenPort: 59402 })), sockets: [] },
      ['port-twice', 'wireguard-port', 'not-running'],
    ],
    [
      'WireGuard is there, but unreadable',
      { wireguard: { devices: [], unread: [{ name: 'wg0', why: 'x' }] } },
      ['wireguard-unread'],
    ],
    [
      'WireGuard is another host',
      { config: { ...serverConfig, dstAddr: { host: '192.0.2.99', port: 1 } } },
      [],
    ],
    ['WireGuard is not there', withDevices(), ['wireguard-port']],
    ['WireGuard has another key', withDevices(wireguard({ publicKey: 'x' })), ['public-key-server']],
    ['everything leaves through the tunnel', { publicRoute: { device: 'wg0' } }, ['full-tunnel']],
  ])('of a server where %s', (_, changes, codes) => {
    expect(said(serverFacts(changes))).toEqual(codes);
  });

  test('never shows more than a line, and always a remedy for what is wrong', () => {
    const many = [
      ...judge(withPeer({ endpoint: 'x' })),
      ...judge(serverFacts(withDevices())),
      ...judge(onHost({ kernel: '4.0' })),
    ];
    for (const { level, message, remedy } of many) {
      expect(message).not.toMatch(/\n|\.$/);
      expect(remedy !== undefined).toBe(level !== 'ok');
    }
  });
});

describe('statusOf()', () => {
  test.each<[Finding['level'][], number]>([
    [[], 0],
    [['ok', 'note'], 0],
    [['warning', 'ok'], 1],
    [['warning', 'problem', 'note'], 2],
  ])('of %j is %i', (levels, status) => {
    expect(statusOf(levels.map((level) => ({ code: 'x', level, message: 'x' })))).toBe(status);
  });
});
