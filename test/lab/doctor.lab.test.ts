/**
 * rengarde doctor beside a tunnel that carries: nothing to say, then the ten classic mistakes, each with the code
 * and the remedy that it is found by. The network is doctor-rig.ts's; all other findings are in
 * doctor-findings.lab.test.ts.
 */
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DoctorRig, endpoint, findingOf, tunnelMtu } from './doctor-rig.ts';
import { clientPort, serverPort } from './lab.ts';
import { runCommand } from './namespace.ts';
import { programObstacle, titled } from './requirements.ts';
import { asNobody } from './stage.ts';
import { stableAddress } from './topology.ts';
import { generateKeys } from './wireguard.ts';

describe.skipIf(programObstacle !== null)(titled('rengarde doctor', programObstacle), () => {
  let rig: DoctorRig;

  beforeAll(async () => {
    rig = await DoctorRig.start();
  });
  afterEach(() => rig.undo());
  afterAll(() => rig?.lab.stop());

  describe('with everything right', () => {
    test('says so, on both hosts, with status 0', async () => {
      for (const side of ['client', 'server'] as const) {
        const answer = await rig.run(rig.lab[side].namespace, [rig.file, '--role', side]);
        console.log(answer.text);
        expect(answer.text).toContain('Everything is in order');
        expect(answer.text).not.toMatch(/^(problem|warning)/m);
        expect(answer.status).toBe(0);
      }
    });

    test('knows by itself which of the two programs runs here', async () => {
      for (const side of ['client', 'server'] as const) {
        const { text } = await rig.run(rig.lab[side].namespace, [rig.file]);
        expect(text).toContain(`rengarde-${side} with ${rig.file}`);
      }
    });

    test('sends nothing to the server', async () => {
      const bytes = async () =>
        (await rig.lab.server.namespace.run('nft', ['list', 'counters'])).match(/packets \d+/g);
      // Only the doctor could: the program stays away, and so does WireGuard's traffic.
      rig.laterRestored('client');
      await rig.lab.client.program!.stop();
      await rig.lab.server.namespace.run('nft', ['-f', '-'], {
        input: `table inet doctor {
          counter heard {}
          chain in { type filter hook input priority 0; meta l4proto { udp, tcp, icmp } iifname "s*" counter name heard; }
        }`,
      });
      rig.later(() => rig.lab.server.namespace.run('nft', ['delete', 'table', 'inet', 'doctor']));
      findingOf(await rig.diagnose('client'), 'not-running');
      expect(await bytes()).toEqual(['packets 0']);
    });
  });

  describe('the ten classic mistakes', () => {
    interface Mistake {
      readonly mistake: string;
      readonly code: string;
      readonly about?: string;
      readonly remedy: string | RegExp;
      /** Makes it; gives the file to look at, if another. */
      make(): Promise<string | undefined>;
      readonly before?: readonly string[];
    }

    async function clientWith(
      change: (client: Record<string, unknown>) => void,
      state: string,
    ): Promise<undefined> {
      rig.laterRestored('client');
      await rig.lab.client.program!.stop();
      rig.edit(({ client }) => change(client));
      await rig.restart('client');
      rig.talk();
      await rig.until(() => rig.tunnelState(), state);
      return undefined;
    }

    const mistakes: Mistake[] = [
      {
        mistake: 'wrong port',
        code: 'server-silent',
        remedy: /is UDP port 59499 open .* is 59499 the port of its server\.listenAddr/,
        make: () => clientWith((client) => (client.dstAddr = `${stableAddress.ipv4}:59499`), 'unanswered'),
      },
      {
        mistake: 'wrong port, both ends in one file',
        code: 'port-mismatch',
        remedy: `client.dstAddr: ${stableAddress.ipv4}:${serverPort}`,
        make: async () => rig.copy(({ client }) => (client.dstAddr = `${stableAddress.ipv4}:59499`)),
      },
      {
        mistake: "WireGuard's endpoint left at the server",
        code: 'wireguard-endpoint-server',
        remedy: `Endpoint = ${endpoint} in [Peer]`,
        make: async () => {
          rig.later(async () => {
            await rig.setPeer('client', ['endpoint', endpoint]);
            await rig.carrying();
          });
          await rig.setPeer('client', ['endpoint', `${stableAddress.ipv4}:${serverPort}`]);
          return undefined;
        },
      },
      {
        mistake: 'WireGuard interface brought in as a link',
        code: 'wireguard-as-link',
        remedy: /^remove "\+rgl\w+" from includedInterfaces$/,
        make: async () =>
          rig.copy(({ client }) => (client.includedInterfaces = [`+${rig.tunnelName('client')}`])),
      },
      {
        mistake: 'a tunnel under another name used as a link',
        code: 'tunnel-as-link',
        about: 'vpn0',
        remedy: /name vpn0 in excludedInterfaces/,
        make: async () => {
          rig.later(() => rig.ip('client', 'link del vpn0'));
          await rig.ip(
            'client',
            'tuntap add dev vpn0 mode tun',
            'addr add 10.66.0.1/24 dev vpn0',
            'link set vpn0 up',
          );
          return undefined;
        },
      },
      {
        mistake: 'MTU too large',
        code: 'mtu-too-large',
        remedy: /^MTU = 1440 in \[Interface\]/,
        make: async () => {
          rig.later(() => rig.ip('client', `link set ${rig.tunnelName('client')} mtu ${tunnelMtu}`));
          await rig.ip('client', `link set ${rig.tunnelName('client')} mtu 1500`);
          return undefined;
        },
      },
      {
        mistake: 'no route on one link',
        code: 'no-route',
        about: 'c1',
        remedy: /ip route add default via GATEWAY dev c1/,
        make: async () => {
          rig.later(async () => {
            await rig.lab.faults.restore(1);
            await rig.carrying();
          });
          await rig.ip('client', 'route del default dev c1', 'route flush table 101');
          return undefined;
        },
      },
      {
        mistake: 'the same port twice',
        code: 'port-twice',
        remedy: /^remove ListenPort from \[Interface\]/,
        make: async () => {
          rig.laterRestored('client');
          await rig.lab.client.program!.stop();
          rig.later(() => rig.set('client', ['listen-port', '0']));
          await rig.set('client', ['listen-port', String(clientPort)]);
          return undefined;
        },
      },
      {
        mistake: 'missing permission',
        code: 'port-privileged',
        before: asNobody,
        remedy: /a port from 1024 for client\.listenAddr, or AmbientCapabilities=CAP_NET_BIND_SERVICE/,
        make: async () => {
          rig.later(() => runCommand('chmod', ['700', dirname(rig.file)]));
          await runCommand('chmod', ['755', dirname(rig.file)]);
          return rig.copy(({ client }) => (client.listenAddr = '127.0.0.1:594'));
        },
      },
      {
        mistake: 'server down',
        code: 'server-silent',
        remedy: /does rengarde-server run .*rengarde doctor there/,
        make: async () => {
          rig.laterRestored('server', 'client');
          await rig.lab.server.program!.stop();
          await rig.restart('client');
          rig.talk();
          await rig.until(() => rig.tunnelState(), 'unanswered');
          return undefined;
        },
      },
      {
        mistake: 'wrong public key, by the file that is on both hosts',
        code: 'public-key-peer',
        remedy: /^PublicKey = \S{43}= in \[Peer\]/,
        make: async () => {
          const { publicKey } = await generateKeys();
          return rig.copy(({ server }) => (server.wireguardPublicKey = publicKey));
        },
      },
      {
        mistake: 'DNS name that does not resolve',
        code: 'name-unresolved',
        about: 'no-such-host.invalid',
        remedy: /^correct the name in client\.dstAddr/,
        make: async () => rig.copy(({ client }) => (client.dstAddr = `no-such-host.invalid:${serverPort}`)),
      },
    ];

    test.each(mistakes)('$mistake: $code', async ({ code, about, remedy, before, make }) => {
      const name = await make();
      const hit = findingOf(await rig.diagnose('client', name, before), code, about);
      expect(hit.level).toMatch(/warning|problem/);
      expect(hit.remedy).toMatch(remedy);
    });

    test('wrong public key, seen by the counters of both sides', async () => {
      const peer = await rig.show('client', 'peers');
      const { publicKey } = await generateKeys();
      const set = (words: string[]) => rig.set('client', words);
      const rest = [
        'endpoint',
        endpoint,
        'allowed-ips',
        '10.88.0.2/32,fd88::2/128',
        'persistent-keepalive',
        '5',
      ];
      rig.later(() => rig.carrying());
      rig.later(() => set(['peer', peer, ...rest]));
      rig.later(() => set(['peer', publicKey, 'remove']));
      await set(['peer', peer, 'remove']);
      await set(['peer', publicKey, ...rest]);
      await rig.restart('server');
      await rig.restart('client');
      rig.talk();
      await rig.until(() => rig.tunnelState(), 'unanswered');
      const onClient = await rig.diagnose('client');
      expect(findingOf(onClient, 'server-silent').remedy).toMatch(
        /has WireGuard's peer here the server's public key/,
      );
      expect(findingOf(onClient, 'public-key-peer').remedy).toContain(`PublicKey = ${rig.serverKey}`);
      const onServer = await rig.diagnose('server');
      expect(findingOf(onServer, 'strangers-turned-away').remedy).toContain(`PublicKey = ${rig.serverKey}`);
    });
  });
});
