import { describe, expect, it } from 'vitest';
import { fromZero, keyPairs, van } from '../../test/init/samples.ts';
import type { Answers, NewWireguard } from './answers.ts';
import { nextSteps } from './next-steps.ts';
import { planFiles } from './plan.ts';
import { parseWgQuick } from './wg-quick.ts';

const [clientKeys, serverKeys] = keyPairs;

function steps(change: Partial<Answers> = {}, out = 'tunnel'): string {
  const answers = { ...fromZero, ...change };
  return nextSteps(answers, planFiles(answers, van()), out);
}

describe('nextSteps()', () => {
  it('says what to do on both hosts', () => {
    expect(steps()).toBe(BOTH);
  });

  it('gives the command for the client when the server made its own files', () => {
    const said = steps({ role: 'server' }, '.');
    expect(said).toContain('      wg-quick up ./wg0.conf\n');
    expect(said).toContain('      rengarde-server ./engarde.yml\n');
    expect(said).toContain(
      `      rengarde init --role client --server 203.0.113.10:59402 --with-wireguard --peer-public-key ${clientKeys.publicKey} --tunnel 10.20.0.0/24 --interface wg0\n`,
    );
  });

  it("gives what the server's WireGuard has to learn when the client made its own files", () => {
    const wireguard = { ...(fromZero.wireguard as NewWireguard), peerPublicKey: serverKeys.publicKey };
    const said = steps({ role: 'client', wireguard });
    expect(said).toContain(
      `      [Peer]\n      PublicKey = ${clientKeys.publicKey}\n      AllowedIPs = 10.20.0.2/32\n`,
    );
    expect(said).toContain(`      wg set wg0 peer ${clientKeys.publicKey} allowed-ips 10.20.0.2/32\n`);
    expect(said).toContain('Save the file printed above as engarde.yml');
  });

  it('puts the changed copy in place of an existing file', () => {
    const text = `[Interface]\n[Peer]\nPublicKey = ${serverKeys.publicKey}\nEndpoint = 203.0.113.10:51820\n`;
    const file = parseWgQuick(text, '/etc/wireguard/home.conf');
    const said = steps({ wireguard: { kind: 'existing', file, host: 'client', listenPort: 59301 } });
    expect(said).toContain(
      [
        '      wg-quick down /etc/wireguard/home.conf',
        '      install -m 600 tunnel/client/home.conf /etc/wireguard/home.conf',
        '      wg-quick up /etc/wireguard/home.conf',
      ].join('\n'),
    );
    expect(said).toContain(
      'WireGuard listens on port 51820 there; set "MTU = 1348" in its file if that has more.',
    );
  });

  it('says what a WireGuard that somebody sets up needs', () => {
    const wireguard = { kind: 'none', interfaceName: 'wg0', listenPort: 59301 } as const;
    const said = steps({ wireguard, clientPort: 7000 });
    expect(said).toContain('"MTU = 1348" and, below [Peer], "Endpoint = 127.0.0.1:7000"');
  });

  it('spells what a shell would take apart', () => {
    const said = steps({ server: { host: '2001:db8::7', port: 59402 } }, "it's here");
    expect(said).toContain("scp -rp 'it'\\''s here/server' root@[2001:db8::7]:rengarde");
  });
});

const BOTH = `On the server, 203.0.113.10:
  - Copy its files there, from here:
      scp -rp tunnel/server root@203.0.113.10:rengarde
  - Open UDP port 59402 in its firewall. WireGuard's own, 59301, needs no opening.
  - In that directory, there:
      cd rengarde
  - Start WireGuard, as root:
      wg-quick up ./wg0.conf
  - Start rengarde-server:
      rengarde-server ./engarde.yml
  - tunnel/server holds the server's private key: delete it here once it is copied.

On the client, here:
  - Start WireGuard, as root:
      wg-quick up tunnel/client/wg0.conf
  - Start rengarde-client:
      rengarde-client tunnel/client/engarde.yml
  - See whether it works, in another terminal:
      ping 10.20.0.1
      rengarde status tunnel/client/engarde.yml
      rengarde doctor tunnel/client/engarde.yml
`;
