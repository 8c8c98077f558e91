/**
 * Every finding of rengarde doctor beyond the classic mistakes: each is provoked, found by its code, and has the
 * remedy that would mend it. The network is doctor-rig.ts's.
 */
import { utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ServerOverview } from '../../src/contract/index.ts';
import { DoctorRig, endpoint, findingOf, managerPorts, type Sections } from './doctor-rig.ts';
import { clientPort, programFile, serverPort, wireguardPort } from './lab.ts';
import { Namespace, runCommand } from './namespace.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { asNobody } from './stage.ts';
import { type Side, stableAddress } from './topology.ts';
import { generateKeys } from './wireguard.ts';

/** Of a second client beside the one that carries. */
const second = { port: 59411, manager: 9011 };

interface Provoked {
  /** File to look at; absent: the one that both programs run with. */
  readonly file?: string;
  readonly before?: readonly string[];
  /** When it is not the host's. */
  readonly role?: Side;
}

interface Row {
  readonly code: string;
  readonly side?: Side;
  readonly about?: string;
  readonly remedy: RegExp;
  readonly provoke: () => Promise<Provoked> | Provoked;
}

describe.skipIf(programObstacle !== null)(titled("rengarde doctor's findings", programObstacle), () => {
  let rig: DoctorRig;

  beforeAll(async () => {
    rig = await DoctorRig.start();
  });
  afterEach(() => rig.undo());
  afterAll(() => rig?.lab.stop());

  const copy = (change: (sections: Sections) => unknown) => ({ file: rig.copy(change) });
  const clientCopy = (keys: Record<string, unknown>) => copy(({ client }) => Object.assign(client, keys));
  const serverCopy = (keys: Record<string, unknown>) => copy(({ server }) => Object.assign(server, keys));

  /** Lets an ordinary user read the lab's files. */
  async function letNobodyRead(): Promise<void> {
    rig.later(() => runCommand('chmod', ['700', dirname(rig.file)]));
    await runCommand('chmod', ['755', dirname(rig.file)]);
  }

  /** Another rengarde-client with a file of its own. */
  async function secondClient(keys: Record<string, unknown>, engine = 'linux'): Promise<Provoked> {
    const { file } = clientCopy({
      listenAddr: `127.0.0.1:${second.port}`,
      webManager: { listenAddr: `127.0.0.1:${second.manager}` },
      ...keys,
    });
    const environment = { RENGARDE_ENGINE: engine, STATE_DIRECTORY: dirname(file) };
    const { namespace } = rig.lab.client;
    const program = new Program(namespace, process.execPath, [programFile('client'), file], environment);
    rig.later(() => program.stop());
    await program.waitForUdpPort(second.port);
    await program.waitFor('manager', async () => {
      return (await namespace.run('ss', ['-Hltn', `sport = :${second.manager}`])) !== '';
    });
    return { file };
  }

  /** A host with nothing on it but loopback. */
  function bareHost(): Namespace {
    const namespace = new Namespace('bare');
    rig.later(() => namespace.remove());
    return namespace;
  }

  const anotherKey = async () => (await generateKeys()).publicKey;

  const file: Row[] = [
    {
      code: 'file-oddity',
      remedy: /change it in .*mistake-\d+\.yml; "rengarde check/,
      provoke: () => clientCopy({ dstAdr: 'x:1' }),
    },
    { code: 'file-invalid', remedy: /^correct it/, provoke: () => clientCopy({ dstAddr: 'nowhere' }) },
    {
      code: 'web-stays-off',
      remedy: /listen on 127\.0\.0\.1, or set a username and a password/,
      provoke: () => clientCopy({ webManager: { listenAddr: '0.0.0.0:9001' } }),
    },
    {
      code: 'web-insecure',
      remedy: /remove allowInsecure/,
      provoke: () => clientCopy({ webManager: { listenAddr: '0.0.0.0:9001', allowInsecure: true } }),
    },
    {
      code: 'web-without-tls',
      remedy: /webManager\.tls/,
      provoke: () => clientCopy({ webManager: { listenAddr: '0.0.0.0:9001', username: 'a', password: 'b' } }),
    },
    {
      code: 'interface-missing',
      about: 'eth7',
      remedy: /list-interfaces/,
      provoke: () => clientCopy({ dstOverrides: [{ ifName: 'eth7', dstAddr: '192.0.2.1:1' }] }),
    },
  ];

  const host: Row[] = [
    {
      code: 'device-permission',
      remedy: /AmbientCapabilities=CAP_NET_RAW/,
      provoke: async () => {
        await letNobodyRead();
        const before = [...rig.pretending('/proc/sys/kernel/osrelease', '5.4.0-42-generic\n'), ...asNobody];
        return { ...clientCopy({ listenAddr: `127.0.0.1:${second.port}` }), before };
      },
    },
    {
      code: 'listen-address',
      remedy: /^client\.listenAddr: 127\.0\.0\.1:59401/,
      provoke: () => clientCopy({ listenAddr: `192.0.2.9:${clientPort}` }),
    },
    {
      code: 'port-taken',
      remedy: /^end that program \(kill \d+\)/,
      provoke: async () => {
        const script = `require('node:dgram').createSocket('udp4').bind(${second.port}, '127.0.0.1')`;
        const other = new Program(rig.lab.client.namespace, process.execPath, ['-e', script]);
        rig.later(() => other.stop());
        await other.waitForUdpPort(second.port);
        return clientCopy({ listenAddr: `127.0.0.1:${second.port}` });
      },
    },
    {
      code: 'clock-behind',
      remedy: /^set the clock/,
      provoke: () => {
        const { file } = clientCopy({});
        const tomorrow = Date.now() / 1000 + 86_400;
        utimesSync(file, tomorrow, tomorrow);
        return { file };
      },
    },
    {
      code: 'small-buffers',
      remedy: /net\.core\.rmem_max=4194304/,
      provoke: async () => {
        await letNobodyRead();
        const before = [...rig.pretending('/proc/sys/net/core/rmem_max', '212992\n'), ...asNobody];
        return { ...clientCopy({ listenAddr: `127.0.0.1:${second.port}` }), before };
      },
    },
    {
      code: 'no-offload',
      about: 'c0',
      remedy: /^ethtool -K c0 tx on/,
      provoke: async () => {
        const { namespace } = rig.lab.client;
        rig.later(() => namespace.run('ethtool', ['-K', 'c0', 'tx', 'on']));
        await namespace.run('ethtool', ['-K', 'c0', 'tx', 'off']);
        return {};
      },
    },
    {
      code: 'portable-engine',
      remedy: /^unset RENGARDE_ENGINE/,
      provoke: () => secondClient({}, 'portable'),
    },
    {
      code: 'no-ip-command',
      remedy: /install iproute2/,
      provoke: async () => ({ before: rig.pretending(await programPath('ip'), '') }),
    },
  ];

  const links: Row[] = [
    {
      code: 'no-device',
      about: 'dsl',
      remedy: /correct ifName in the path "dsl"/,
      provoke: () => clientCopy({ paths: [{ name: 'dsl', ifName: 'eth7' }] }),
    },
    {
      code: 'source-missing',
      about: 'dsl',
      remedy: /correct srcAddr in the path "dsl"/,
      provoke: () => clientCopy({ paths: [{ name: 'dsl', srcAddr: '192.0.2.9' }] }),
    },
    {
      code: 'no-address',
      about: 'c1',
      remedy: /ip link set c1 up/,
      provoke: async () => {
        rig.later(async () => {
          await rig.lab.faults.restoreAddress(1);
          await rig.carrying();
        });
        await rig.lab.faults.removeAddress(1);
        return {};
      },
    },
    {
      code: 'no-family',
      about: 'c1',
      remedy: /give the server an IPv4 address .* dstOverrides for c1/,
      provoke: async () => {
        rig.later(() => rig.lab.faults.restore(1));
        await rig.ip('client', 'addr del fd77:1::1/64 dev c1');
        return clientCopy({ dstAddr: `[${stableAddress.ipv6}]:${serverPort}` });
      },
    },
    {
      code: 'no-links',
      remedy: /includedInterfaces: \["\+NAME"\]/,
      provoke: () => clientCopy({ excludedInterfaces: ['c*'] }),
    },
    {
      code: 'single-link',
      remedy: /add a second provider/,
      provoke: () => clientCopy({ excludedInterfaces: ['c1'] }),
    },
    {
      code: 'reverse-path-filter',
      about: 'c1',
      remedy: /^sysctl -w net\.ipv4\.conf\.all\.rp_filter=2/,
      provoke: async () => {
        const { namespace } = rig.lab.client;
        rig.later(() => namespace.run('ip', ['rule', 'add', 'from', '10.77.1.1', 'lookup', '101']));
        rig.later(() => namespace.setParameters({ 'ipv4/conf/all/rp_filter': 0 }));
        await namespace.setParameters({ 'ipv4/conf/all/rp_filter': 1 });
        await namespace.run('ip', ['rule', 'del', 'from', '10.77.1.1']);
        return {};
      },
    },
    {
      code: 'full-tunnel',
      about: 'main',
      remedy: /^set ifName for the path "main"/,
      provoke: async () => {
        await tunnelTakesAll();
        return clientCopy({ paths: [{ name: 'main' }, { name: 'c1', ifName: 'c1' }] });
      },
    },
    {
      code: 'full-tunnel-bound',
      remedy: /^nothing; with the portable engine/,
      provoke: async () => {
        await tunnelTakesAll();
        return {};
      },
    },
    {
      code: 'name-through-tunnel',
      about: 'localhost',
      remedy: /write the address \(/,
      provoke: async () => {
        await tunnelTakesAll();
        return clientCopy({ dstAddr: `localhost:${serverPort}` });
      },
    },
  ];

  /** AllowedIPs = 0.0.0.0/0 as wg-quick does it: a table of its own, looked at before the main one. */
  async function tunnelTakesAll(): Promise<void> {
    const { namespace } = rig.lab.client;
    rig.later(() => rig.setPeer('client', ['allowed-ips', '10.88.0.2/32,fd88::2/128']));
    rig.later(() => namespace.run('ip', ['rule', 'del', 'pref', '9']));
    rig.later(() => namespace.run('ip', ['route', 'flush', 'table', '51820']));
    await rig.setPeer('client', ['allowed-ips', '0.0.0.0/0,fd88::2/128']);
    await rig.ip('client', `route add default dev ${rig.tunnelName('client')} table 51820`);
    await namespace.run('ip', ['rule', 'add', 'to', stableAddress.ipv4, 'lookup', '51820', 'pref', '9']);
  }

  const wireguard: Row[] = [
    {
      code: 'wireguard-endpoint',
      remedy: /^Endpoint = 127\.0\.0\.1:59400 in \[Peer\]/,
      provoke: () => clientCopy({ listenAddr: '127.0.0.1:59400' }),
    },
    {
      code: 'wireguard-unread',
      remedy: /run as root/,
      provoke: async () => {
        await letNobodyRead();
        return { before: asNobody };
      },
    },
    {
      code: 'no-keepalive',
      remedy: /^PersistentKeepalive = 25/,
      provoke: async () => {
        rig.later(() => rig.setPeer('client', ['persistent-keepalive', '5']));
        await rig.setPeer('client', ['persistent-keepalive', 'off']);
        return {};
      },
    },
    {
      code: 'wireguard-port',
      side: 'server',
      remedy: new RegExp(`^ListenPort = 59302 .* or server\\.dstAddr: 127\\.0\\.0\\.1:${wireguardPort}`),
      provoke: () => serverCopy({ dstAddr: '127.0.0.1:59302' }),
    },
    {
      code: 'no-public-key',
      side: 'server',
      remedy: /^wireguardPublicKey: \S{43}=$/,
      provoke: () => serverCopy({ wireguardPublicKey: '' }),
    },
    {
      code: 'public-key-server',
      side: 'server',
      remedy: /^wireguardPublicKey: \S{43}=$/,
      provoke: async () => serverCopy({ wireguardPublicKey: await anotherKey() }),
    },
    {
      code: 'no-private-key',
      side: 'server',
      remedy: /^PrivateKey = /,
      provoke: async () => {
        const key = join(dirname(rig.file), 'key');
        writeFileSync(key, await rig.show('server', 'private-key'));
        rig.later(() => rig.carrying());
        rig.later(() => rig.set('server', ['private-key', key]));
        await rig.set('server', ['private-key', '/dev/null']);
        return {};
      },
    },
    {
      code: 'full-tunnel',
      side: 'server',
      remedy: /only its own addresses in AllowedIPs/,
      provoke: async () => {
        rig.later(() => rig.ip('server', 'route del default'));
        await rig.ip('server', `route add default dev ${rig.tunnelName('server')}`);
        return {};
      },
    },
    {
      code: 'reverse-path-filter',
      side: 'server',
      remedy: /rp_filter=2/,
      provoke: async () => {
        const { namespace } = rig.lab.server;
        rig.later(() => namespace.setParameters({ 'ipv4/conf/all/rp_filter': 0 }));
        await namespace.setParameters({ 'ipv4/conf/all/rp_filter': 1 });
        return {};
      },
    },
  ];

  const running: Row[] = [
    { code: 'web-off', remedy: /webManager: \{ listenAddr/, provoke: () => clientCopy({ webManager: {} }) },
    {
      code: 'web-silent',
      remedy: /is the port of webManager\.listenAddr taken/,
      provoke: () => clientCopy({ webManager: { listenAddr: '127.0.0.1:9777' } }),
    },
    {
      code: 'web-refused',
      remedy: /are webManager\.username and password those in/,
      provoke: async () => {
        const listenAddr = `127.0.0.1:${second.manager}`;
        await secondClient({ webManager: { listenAddr, username: 'van', password: 'secret' } });
        return clientCopy({ webManager: { listenAddr } });
      },
    },
    {
      code: 'web-port-twice',
      remedy: /another port for server\.webManager\.listenAddr/,
      provoke: () => {
        const { file } = serverCopy({ webManager: { listenAddr: `127.0.0.1:${managerPorts.client}` } });
        return { file, role: 'server' };
      },
    },
    {
      code: 'wireguard-unheard',
      remedy: /^ping the server through the tunnel/,
      provoke: () => secondClient({}),
    },
    {
      code: 'no-open-link',
      remedy: /see what is said of each link/,
      provoke: () => secondClient({ excludedInterfaces: ['c*'] }),
    },
    {
      code: 'link-down',
      about: 'c1',
      remedy: /connect it, or name it in excludedInterfaces/,
      provoke: async () => {
        rig.later(async () => {
          await rig.lab.faults.restore(1);
          await rig.carrying();
        });
        await rig.lab.client.namespace.run('sh', [
          '-c',
          'ip -6 route del default dev c1; ip -6 route flush table 101',
        ]);
        return secondClient({ dstAddr: `[${stableAddress.ipv6}]:${serverPort}` });
      },
    },
    {
      code: 'link-silent',
      about: 'c1',
      remedy: /is there a way to the server out of it \(ping -I c1 SERVER\)/,
      provoke: async () => {
        rig.later(() => rig.carrying());
        rig.later(() => rig.lab.faults.clear(1));
        await rig.lab.faults.blackhole(1);
        await rig.restart('client');
        rig.talk();
        await rig.until<string[]>(() => rig.linkStates(), ['up', 'suspect']);
        return {};
      },
    },
  ];

  async function check({ code, side = 'client', about, remedy, provoke }: Row): Promise<void> {
    const { file: name, before = [], role = side } = await provoke();
    const diagnosis = await rig.diagnoseIn(rig.lab[side].namespace, role, name ?? rig.file, before);
    expect(findingOf(diagnosis, code, about).remedy).toMatch(remedy);
  }

  test.each(file)('of the file: $code', check);
  test.each(host)('of the host: $code', check);
  test.each(links)('of links and routes: $code', check);
  test.each(wireguard)('of WireGuard: $code', check);
  test.each(running)('of what runs: $code', check);

  test('of a file with both sections where neither program runs: role-unknown', async () => {
    const { status, text } = await rig.run(bareHost(), [rig.file]);
    expect(text).toMatch(/^problem {2}role-unknown .* --role client or --role server$/m);
    expect(status).toBe(2);
  });

  test('of a host without WireGuard: no-wireguard, wireguard-port', async () => {
    const bare = bareHost();
    const onClient = await rig.diagnoseIn(bare, 'client', rig.file);
    expect(findingOf(onClient, 'no-wireguard').remedy).toContain(`with Endpoint = ${endpoint} in [Peer]`);
    const onServer = await rig.diagnoseIn(bare, 'server', rig.file);
    expect(findingOf(onServer, 'wireguard-port').remedy).toContain(`ListenPort = ${wireguardPort}`);
  });

  test('of an old kernel: no-offload', async () => {
    const before = rig.pretending('/proc/sys/kernel/osrelease', '4.15.0\n');
    expect(findingOf(await rig.diagnose('client', rig.file, before), 'no-offload').remedy).toMatch(
      /newer kernel/,
    );
  });

  test('without the wg command a userspace WireGuard is asked itself', async () => {
    const before = rig.pretending(await programPath('wg'), '');
    for (const side of ['client', 'server'] as const) {
      const diagnosis = await rig.diagnose(side, rig.file, before);
      findingOf(diagnosis, side === 'client' ? 'wireguard-endpoint' : 'wireguard-port', rig.tunnelName(side));
      findingOf(diagnosis, 'public-key');
      expect(diagnosis.status).toBe(0);
    }
  });

  test('of links that lose, on both sides: tunnel-losing', async () => {
    rig.later(() => rig.carrying());
    for (const path of [0, 1]) rig.later(() => rig.lab.faults.clear(path));
    rig.talk(0.01); // a gap counts as a loss once 256 packets have come after it
    for (const path of [0, 1]) await rig.lab.faults.lose(path, 500);
    await rig.until<string>(() => rig.tunnelState(), 'losing');
    expect(findingOf(await rig.diagnose('client'), 'tunnel-losing').remedy).toMatch(/add a link/);
    await rig.until(async () => (await rig.overview<ServerOverview>('server')).losing, 1);
    expect(findingOf(await rig.diagnose('server'), 'tunnel-losing').remedy).toMatch(/rengarde status/);
  });

  test('of a server to which nobody comes, then strangers, then somebody WireGuard does not know', async () => {
    rig.laterRestored('server', 'client');
    await rig.lab.client.program!.stop();
    rig.edit(({ server }) => delete server.wireguardPublicKey);
    await rig.restart('server');
    expect(findingOf(await rig.diagnose('server'), 'no-clients').remedy).toMatch(/UDP port 59402 open/);

    const junk = `for i in 1 2 3; do echo junk > /dev/udp/${stableAddress.ipv4}/${serverPort}; done`;
    await rig.lab.client.namespace.run('bash', ['-c', junk]);
    await rig.until(async () => (await rig.overview<ServerOverview>('server')).turnedAway, 3);
    expect(findingOf(await rig.diagnose('server'), 'strangers').remedy).toMatch(/^nothing, if no client/);

    const peer = await rig.show('server', 'peers');
    rig.later(() => rig.set('server', ['peer', peer, 'allowed-ips', '10.88.0.1/32,fd88::1/128']));
    await rig.set('server', ['peer', peer, 'remove']);
    await rig.restart('client');
    rig.talk();
    await rig.until(async () => (await rig.overview<ServerOverview>('server')).unconfirmedSessions, 1);
    expect(findingOf(await rig.diagnose('server'), 'wireguard-unanswered').remedy).toMatch(
      /public key as a \[Peer\]/,
    );
  });

  /** Behind symbolic links: what is mounted over must be the file itself. */
  async function programPath(name: string): Promise<string> {
    return (await runCommand('sh', ['-c', `readlink -f "$(command -v ${name})"`])).trim();
  }
});
