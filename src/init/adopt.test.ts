import { describe, expect, it } from 'vitest';
import { loaded, texts } from '../../test/init/planned.ts';
import { fromZero, keyPairs, van } from '../../test/init/samples.ts';
import type { Answers } from './answers.ts';
import { planFiles } from './plan.ts';
import { parseWgQuick } from './wg-quick.ts';

const [clientKeys, serverKeys] = keyPairs;
const plan = (change: Partial<Answers>) => planFiles({ ...fromZero, ...change }, van());

describe('planFiles() with an existing wg-quick file', () => {
  const existing = (text: string, host: 'client' | 'server' = 'client') => ({
    kind: 'existing' as const,
    file: parseWgQuick(text, '/etc/wireguard/home.conf'),
    host,
    listenPort: 59301,
  });
  const OLD = `# home office
[Interface]
PrivateKey = ${clientKeys.privateKey}
Address = 10.0.0.2/32, fd00::2/128
DNS = 10.0.0.1
PostUp = /usr/local/bin/up %i # mine

[Peer]
PublicKey = ${serverKeys.publicKey}
PresharedKey = ${serverKeys.privateKey}
AllowedIPs = 10.0.0.0/24
Endpoint = vpn.example.com:51820 # the office
`;

  it("of a client changes what must be in a copy, and takes the server's ends from it", () => {
    const files = plan({ wireguard: existing(OLD), server: { host: 'vpn.example.com', port: 59402 } });
    expect(texts(files)['client: client/home.conf']).toBe(
      OLD.replace('# mine\n', '# mine\nMTU = 1348\n').replace(
        'Endpoint = vpn.example.com:51820 # the office\n',
        'Endpoint = 127.0.0.1:59401 # the office\nPersistentKeepalive = 5\n',
      ),
    );
    expect(files.written.map(({ path }) => path)).toEqual([
      'client/engarde.yml',
      'client/home.conf',
      'server/engarde.yml',
    ]);
    const { client, server } = loaded(files);
    expect(client.excludedInterfaces).toEqual(['home']);
    expect(server.dstAddr).toEqual({ host: '127.0.0.1', port: 51820 });
    expect(server.wireguardPublicKey).toEqual(new Uint8Array(Buffer.from(serverKeys.publicKey, 'base64')));
    expect(files.warnings).toEqual([]);
  });

  it.each([
    ['MTU = 1420', 'MTU = 1348'],
    ['MTU = 1348', 'MTU = 1348'],
    ['MTU = 1280', 'MTU = 1280'],
  ])('makes %s %s', (before, after) => {
    const files = plan({ wireguard: existing(OLD.replace('DNS = 10.0.0.1', before)) });
    expect(texts(files)['client: client/home.conf']).toContain(`\n${after}\n`);
  });

  it.each([
    ['', '5'],
    ['PersistentKeepalive = 25\n', '5'],
    ['PersistentKeepalive = off\n', '5'],
    ['PersistentKeepalive = 0\n', '5'],
    ['PersistentKeepalive = 1\n', '1'],
    ['PersistentKeepalive = 10\n', '10'],
  ])('makes %j a keepalive of %s s', (line, seconds) => {
    const files = plan({ wireguard: existing(OLD + line) });
    expect(texts(files)['client: client/home.conf']).toMatch(
      new RegExp(`\nPersistentKeepalive = ${seconds}\n$`),
    );
  });

  it('has nothing to change in a file that is right already', () => {
    const right = texts(plan({ wireguard: existing(OLD) }))['client: client/home.conf']!;
    const again = plan({ wireguard: existing(right) });
    expect(again.written.map(({ path }) => path)).toEqual(['client/engarde.yml', 'server/engarde.yml']);
    expect(loaded(again).server.dstAddr.port).toBe(59301); // the file doesn't tell any more
  });

  it('of a server adds the port it lacks, and derives the public key', () => {
    const server = `[Interface]\nPrivateKey = ${serverKeys.privateKey}\n\n[Peer]\nPublicKey = ${clientKeys.publicKey}\n`;
    const files = plan({ role: 'server', wireguard: existing(server, 'server') });
    expect(texts(files)['server: home.conf']).toBe(
      server.replace('\n\n[Peer]', '\nListenPort = 59301\nMTU = 1348\n\n[Peer]'),
    );
    const publicKey = new Uint8Array(Buffer.from(serverKeys.publicKey, 'base64'));
    expect(loaded(files).server.wireguardPublicKey).toEqual(publicKey);
    const withPort = server.replace('\n\n', '\nListenPort = 51820\nMTU = 1300\n\n');
    const kept = plan({ role: 'server', wireguard: existing(withPort, 'server') });
    expect(kept.written.map(({ path }) => path)).toEqual(['engarde.yml']);
    expect(loaded(kept).server.dstAddr.port).toBe(51820);
  });

  it.each([
    [
      'AllowedIPs = 0.0.0.0/0',
      '203.0.113.10',
      'ip route add 203.0.113.10/32 via GATEWAY dev wwan0 metric 102',
    ],
    [
      'AllowedIPs = ::/0, 0.0.0.0/0',
      '2001:db8::7',
      'ip -6 route add 2001:db8::7/128 via GATEWAY dev eth0 metric 101',
    ],
    ['AllowedIPs = 0.0.0.0/1, 128.0.0.0/1', '203.0.113.10', 'ip route add 203.0.113.10/32'],
    ['AllowedIPs = 203.0.113.77/24', '203.0.113.10', 'ip route add 203.0.113.10/32'],
    ['AllowedIPs = 0.0.0.0/0', 'vpn.example.com', 'ip route add SERVER-ADDRESS/32'],
  ])('warns of %s with the server at %s, with the way out', (line, host, remedy) => {
    const wireguard = existing(OLD.replace('AllowedIPs = 10.0.0.0/24', line));
    const { warnings } = plan({ wireguard, server: { host, port: 59402 } });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(remedy);
  });

  it('warns of SaveConfig', () => {
    const { warnings } = plan({ wireguard: existing(OLD.replace('DNS = 10.0.0.1', 'SaveConfig = true')) });
    expect(warnings).toEqual([expect.stringMatching(/^SaveConfig is true: run "wg-quick down home" before/)]);
  });

  it.each([
    [OLD.replace(/\[Peer\].*/s, ''), /found no \[Peer\] section/],
    [`${OLD}[Peer]\nEndpoint = b.example:1\n`, /found 2 peers, want the public key .*--peer-public-key/],
    [OLD.replace(':51820', ''), /home\.conf:12: found Endpoint "vpn\.example\.com", want a port/],
    [OLD.replace('51820', '59402'), /^Cannot use port 59402 of the server twice/],
    [
      OLD.replace('DNS = 10.0.0.1', 'ListenPort = 59401'),
      /^Cannot listen on 127\.0\.0\.1:59401: .*--client-port/,
    ],
    [OLD.replace('DNS = 10.0.0.1', 'MTU = many'), /home\.conf:5: found mtu "many"/],
  ])('refuses a file that leaves it open', (text, message) => {
    expect(() => plan({ wireguard: existing(text) })).toThrow(message);
  });

  it('takes the peer that was named', () => {
    const two = `${OLD}\n[Peer]\nPublicKey = ${clientKeys.publicKey}\nEndpoint = b.example:7\n`;
    const files = plan({ wireguard: { ...existing(two), peerPublicKey: clientKeys.publicKey } });
    expect(texts(files)['client: client/home.conf']).toContain('vpn.example.com:51820');
    expect(loaded(files).server.dstAddr.port).toBe(7);
  });
});
