import { describe, expect, it } from 'vitest';
import { loaded, texts } from '../../test/init/planned.ts';
import { fromZero, keyPairs, link, van } from '../../test/init/samples.ts';
import type { Answers, NewWireguard } from './answers.ts';
import { planFiles } from './plan.ts';

const [clientKeys, serverKeys] = keyPairs;
const newWireguard = fromZero.wireguard as NewWireguard;
const plan = (change: Partial<Answers> = {}, facts = van()) => planFiles({ ...fromZero, ...change }, facts);

describe('planFiles()', () => {
  it('writes both sets, from zero', () => {
    const files = plan();
    expect(files.written.map(({ path, isSecret }) => [path, isSecret])).toEqual([
      ['client/engarde.yml', false],
      ['client/wg0.conf', true],
      ['server/engarde.yml', false],
      ['server/wg0.conf', true],
    ]);
    expect(files.printed).toEqual([]);
    expect(files.warnings).toEqual([]);
    expect(texts(files)).toEqual({
      'client: client/engarde.yml': CLIENT_FILE,
      'client: client/wg0.conf': CLIENT_WIREGUARD,
      'server: server/engarde.yml': SERVER_FILE,
      'server: server/wg0.conf': SERVER_WIREGUARD,
    });
  });

  it('writes what loads without a warning and says the same on both sides', () => {
    const { client, server } = loaded(plan());
    expect(client).toMatchObject({
      listenAddr: { host: '127.0.0.1', port: 59401 },
      dstAddr: { host: '203.0.113.10', port: 59402 },
      excludedInterfaces: ['wg0'],
      webManager: { listenAddr: { host: '127.0.0.1', port: 9001 } },
    });
    expect(server).toMatchObject({
      listenAddr: { host: '0.0.0.0', port: 59402 },
      dstAddr: { host: '127.0.0.1', port: 59301 },
      wireguardPublicKey: new Uint8Array(Buffer.from(serverKeys.publicKey, 'base64')),
      webManager: { listenAddr: { host: '127.0.0.1', port: 9002 } },
    });
  });

  it.each([
    ['2001:db8::7', '[2001:db8::7]:59402', '::'],
    ['vpn.example.com', 'vpn.example.com:59402', '::'],
    ['true', 'true:59402', '::'],
    ['1a.example', '1a.example:59402', '::'],
  ])('spells the server %s so that YAML gives it back', (host, _, listens) => {
    const { client, server } = loaded(plan({ server: { host, port: 59402 } }));
    expect(client.dstAddr).toEqual({ host, port: 59402 });
    expect(server.listenAddr).toEqual({ host: listens, port: 59402 });
  });

  it.each(['true', 'null', '1e3', 'a: b', "it's", '# x', 'Zoë', '"', 'eth 0', '-', '*'])(
    'spells the name %j so that YAML gives it back',
    (name) => {
      const facts = {
        ...van(),
        hostName: name,
        interfaces: [...van().interfaces, link(name, 'ethernet', '10.1.1.1')],
      };
      const { client } = loaded(plan({ excluded: [name] }, facts));
      expect(client.description).toBe(name);
      expect(client.excludedInterfaces).toEqual(['wg0', name]);
    },
  );

  it('writes only what differs with each link: lists and overrides', () => {
    const overrides = [{ ifName: 'wwan0', dstAddr: { host: '198.51.100.2', port: 7000 } }];
    const { client, server } = loaded(plan({ used: ['eth0', 'wwan0'], excluded: ['docker0'], overrides }));
    expect(client).toMatchObject({
      includedInterfaces: ['eth0', 'wwan0'],
      excludedInterfaces: ['wg0', 'docker0'],
      dstOverrides: overrides,
    });
    expect(server.listenAddr).toEqual({ host: '::', port: 59402 });
  });

  it('makes an MTU of the links in use only', () => {
    expect(plan().outcome.mtuBytes).toBe(1348);
    expect(plan({ excluded: ['wwan0'] }).outcome.mtuBytes).toBe(1420);
    expect(plan({ mtuBytes: 1300 }).outcome.mtuBytes).toBe(1300);
  });

  describe('of one host', () => {
    it("of the server writes its files, with its key only, and prints the client's", () => {
      const files = plan({ role: 'server' });
      expect(files.written.map(({ path }) => path)).toEqual(['engarde.yml', 'wg0.conf']);
      expect(files.printed.map(({ host, path }) => [host, path])).toEqual([['client', 'engarde.yml']]);
      const { 'server: wg0.conf': wireguard } = texts(files);
      expect(wireguard).toContain(clientKeys.privateKey); // the first pair that was made
      expect(wireguard).not.toContain('[Peer]');
      expect(files.outcome.ownPublicKey).toBe(clientKeys.publicKey);
      expect(loaded(files).client.description).toBe('Client');
    });

    it("of the client wants the server's public key", () => {
      expect(() => plan({ role: 'client' })).toThrow(/want --peer-public-key; "rengarde init --role server/);
      const wireguard = { ...newWireguard, peerPublicKey: serverKeys.publicKey };
      const files = plan({ role: 'client', wireguard });
      expect(texts(files)['client: wg0.conf']).toBe(CLIENT_WIREGUARD);
      expect(texts(files)['server: engarde.yml']).toBe(SERVER_FILE);
      expect(files.written.map(({ host }) => host)).toEqual(['client', 'client']);
    });
  });

  it('leaves WireGuard alone when nobody asked for it', () => {
    const files = plan({ wireguard: { kind: 'none', interfaceName: 'wg7', listenPort: 51820 } });
    expect(files.written.map(({ path }) => path)).toEqual(['client/engarde.yml', 'server/engarde.yml']);
    const { client, server } = loaded(files);
    expect(client.excludedInterfaces).toEqual(['wg7']);
    expect(server.dstAddr.port).toBe(51820);
    expect(server.wireguardPublicKey).toBeUndefined();
  });

  it('warns of links that are missing, too few or too narrow, and of a taken net', () => {
    expect(plan({ used: ['eth9'] }).warnings).toEqual([
      'eth9: there is no such interface here now',
      'no interface can carry the tunnel here now; rengarde helps from two on',
    ]);
    expect(plan({ excluded: ['eth0'] }).warnings).toEqual([
      'one interface only, wwan0, can carry the tunnel here now; rengarde helps from two on',
    ]);
    expect(plan({ mtuBytes: 1420 }).warnings).toEqual([
      'MTU 1420: the narrowest link here carries 1348 whole; longer packets are split up, or get lost',
    ]);
    const narrow = {
      ...van(),
      interfaces: [link('a', 'mobile', '192.0.2.1', 1300), link('b', 'mobile', '198.51.100.1')],
    };
    const wireguard = { ...newWireguard, tunnel: [{ address: 'fd20::', prefixLength: 64 }] };
    expect(plan({ wireguard }, narrow).warnings[0]).toMatch(
      /^MTU 1280: a link here carries less than the 1360 bytes/,
    );
    const taken = { ...van(), interfaces: [...van().interfaces, link('lan', 'ethernet', '10.20.0.77')] };
    expect(plan({}, taken).warnings).toEqual([
      '10.20.0.0/24: lan has 10.20.0.77/24; choose another net for the tunnel: --tunnel',
    ]);
  });

  it.each<[change: Partial<Answers>, message: RegExp]>([
    [{ server: { host: 'a', port: 59301 } }, /^Cannot use port 59301 of the server twice/],
    [{ used: ['eth0'], excluded: ['eth*'] }, /^Cannot use "eth0" as a link: --exclude names it too/],
    [{ used: ['wg0'] }, /^Cannot use "wg0" as a link: it is WireGuard's own interface/],
  ])('refuses %j', (change, message) => {
    expect(() => plan(change)).toThrow(message);
  });
});

const HEAD = `# More keys are in engarde.yml.sample and docs/configuration.md. "rengarde check FILE" finds mistakes in this
# file, "rengarde doctor FILE" those around it.`;

const CLIENT_FILE = `# engarde.yml of the client, the side with several links, made by "rengarde init".
${HEAD}
client:
  # Free text, shown at start and in the web interface.
  description: van3

  # Where WireGuard's packets arrive: the Endpoint in this host's WireGuard file.
  listenAddr: 127.0.0.1:59401

  # Where rengarde-server listens.
  dstAddr: 203.0.113.10:59402

  # Interfaces that are never used. WireGuard's own is one of them: the tunnel must not run through itself.
  # Found here when this file was made:
  #   lo       loopback   -           not used: loopback
  #   eth0     ethernet   192.0.2.7   used
  #   wwan0    mobile     100.64.3.9  used
  #   docker0  container  172.17.0.1  not used: container interface
  excludedInterfaces:
    - wg0

  # The web interface, http://127.0.0.1:9001/ on this host only; from elsewhere:
  # ssh -L 9001:127.0.0.1:9001 THIS-HOST
  webManager:
    listenAddr: 127.0.0.1:9001
`;

const CLIENT_WIREGUARD = `# WireGuard's file of the client, made by "rengarde init".
[Interface]
PrivateKey = ${clientKeys.privateKey}
Address = 10.20.0.2/24
# What fits the narrowest link: its MTU less 80 bytes.
MTU = 1348

[Peer]
# The server, reached through rengarde-client on this host: client.listenAddr of engarde.yml.
PublicKey = ${serverKeys.publicKey}
Endpoint = 127.0.0.1:59401
AllowedIPs = 10.20.0.0/24
# Keeps rengarde-server from forgetting the links while nothing else is sent.
PersistentKeepalive = 5
`;

const SERVER_FILE = `# engarde.yml of the server, the side with one stable address, made by "rengarde init".
${HEAD}
server:
  # Free text, shown at start and in the web interface.
  description: Server

  # Where clients arrive: open this UDP port in the firewall.
  listenAddr: 0.0.0.0:59402

  # Where the local WireGuard listens: its ListenPort, which stays closed to the outside.
  dstAddr: 127.0.0.1:59301

  # The local WireGuard's public key: handshakes that were not made for it end here.
  wireguardPublicKey: ${serverKeys.publicKey}

  # The web interface, http://127.0.0.1:9002/ on this host only; from elsewhere:
  # ssh -L 9002:127.0.0.1:9002 THIS-HOST
  webManager:
    listenAddr: 127.0.0.1:9002
`;

const SERVER_WIREGUARD = `# WireGuard's file of the server, made by "rengarde init".
[Interface]
PrivateKey = ${serverKeys.privateKey}
Address = 10.20.0.1/24
# server.dstAddr of engarde.yml. Only rengarde-server on this host speaks to it: it needs no open port.
ListenPort = 59301
MTU = 1348

[Peer]
PublicKey = ${clientKeys.publicKey}
AllowedIPs = 10.20.0.2/32
`;
