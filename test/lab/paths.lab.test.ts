/**
 * Which links the client uses, and how it follows what happens to them. The network of topology.ts, with
 * bare UDP sockets where WireGuard and the server would be, so that each copy's source address tells the path
 * it came by:
 *
 *     peer -> 127.0.0.1:59401 rengarde-client ==== c0, c1, c2 ==== peer [::]:59402
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from './lab.ts';
import type { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { Stage } from './stage.ts';
import { stableAddress, Topology } from './topology.ts';
import { transportData, UdpPeer } from './udp-peer.ts';

const engines: Engine[] = ['linux', 'portable'];
const listenPort = 59401;
const serverPort = 59402;
/** The client asks for a name again every 30 s. */
const nameChangeTimeoutMs = 45_000;

describe.skipIf(programObstacle !== null)(titled('paths', programObstacle), () => {
  let stage: Stage;
  let topology: Topology;
  let server: UdpPeer;
  let wireguard: UdpPeer;

  beforeAll(async () => {
    stage = new Stage();
    topology = await Topology.create({ paths: 3, linkMtu: 1_500, stableAddress: true });
    server = new UdpPeer(topology.server, '::', serverPort);
    wireguard = new UdpPeer(topology.client, '127.0.0.1', 0);
    await Promise.all([server.ready(), wireguard.ready()]);
  });
  afterEach(() => stage.end());
  afterAll(() => {
    server?.stop();
    wireguard?.stop();
    topology?.remove();
    stage?.remove();
  });

  /** Starts the client, listening; `keys` are added to its section. */
  async function start(engine: Engine, keys: Record<string, unknown> = {}): Promise<Program> {
    const dstAddr = `${stableAddress.ipv4}:${serverPort}`;
    const file = stage.file({ client: { listenAddr: `127.0.0.1:${listenPort}`, dstAddr, ...keys } });
    const client = stage.start(topology.client, 'client', file, engine);
    await client.waitForUdpPort(listenPort);
    return client;
  }

  /** Sends until the copies of a burst come from exactly these addresses. */
  async function expectSources(wanted: readonly string[], at = server): Promise<void> {
    let found: string[] = [];
    for (let attempt = 0; attempt < 60; attempt++) {
      const from = at.received.length;
      for (let i = 0; i < 5; i++) wireguard.send(transportData(), listenPort, '127.0.0.1');
      await sleep(80);
      found = [...new Set(at.received.slice(from).map((one) => one.from))].sort();
      if (found.join() === [...wanted].sort().join()) return;
    }
    expect(found).toEqual([...wanted].sort());
  }

  describe.each(engines)('%s engine: which links are used', (engine) => {
    test.each<[string, Record<string, unknown>, string[]]>([
      ['all by default', {}, ['10.77.0.1', '10.77.1.1', '10.77.2.1']],
      ['none that is excluded by a glob', { excludedInterfaces: ['c[12]', 'x*'] }, ['10.77.0.1']],
      ['only those included', { includedInterfaces: ['c1', 'c2*'] }, ['10.77.1.1', '10.77.2.1']],
      [
        'an excluded one not, though a glob includes it',
        { includedInterfaces: ['c*'], excludedInterfaces: ['c1'] },
        ['10.77.0.1', '10.77.2.1'],
      ],
      [
        'over IPv6',
        { dstAddr: `[${stableAddress.ipv6}]:${serverPort}` },
        ['fd77:0::1', 'fd77:1::1', 'fd77:2::1'].map((one) => one.replace(':0::', '::')),
      ],
    ])('%s', async (_, keys, wanted) => {
      await start(engine, keys);
      await expectSources(wanted);
    });

    test('a bridge when it is brought back, besides all others', async () => {
      await topology.client.ip(
        'link add rgb0 type bridge',
        'link set rgb0 up',
        'addr add 10.78.0.1/24 dev rgb0',
      );
      const client = await start(engine, { includedInterfaces: ['+rgb*'] });
      await client.waitForOutput('path rgb0 is open');
      // It leads nowhere; the portable engine cannot bind to it, so that its copies leave by the routing table.
      const more = engine === 'portable' ? ['10.78.0.1'] : [];
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1', ...more]);
      await client.stop();
      const without = await start(engine);
      await without.waitForOutput('path c2 is open');
      expect(without.output).not.toContain('rgb0 is open');
      await topology.client.ip('link del rgb0');
    });

    test('another destination for one of them', async () => {
      const other = await stage.peer(topology.server, '10.77.1.2', 59_500);
      await start(engine, { dstOverrides: [{ ifName: 'c1', dstAddr: '10.77.1.2:59500' }] });
      await expectSources(['10.77.0.1', '10.77.2.1']);
      await expectSources(['10.77.1.1'], other);
    });

    test('two addresses of one card, as explicit paths', async () => {
      await topology.client.ip('addr add 10.77.0.11/24 dev c0');
      const paths = [
        { name: 'first', srcAddr: '10.77.0.1' },
        { name: 'second', ifName: 'c0', srcAddr: '10.77.0.11' },
      ];
      await start(engine, { paths });
      await expectSources(['10.77.0.1', '10.77.0.11']);
      await topology.client.ip('addr del 10.77.0.11/24 dev c0');
      await expectSources(['10.77.0.1']);
      await topology.client.ip('addr add 10.77.0.11/24 dev c0');
      await expectSources(['10.77.0.1', '10.77.0.11']);
      await topology.client.ip('addr del 10.77.0.11/24 dev c0');
    });
  });

  describe.each(engines)('%s engine: following what happens', (engine) => {
    test('an address that changes', async () => {
      const client = await start(engine, { includedInterfaces: ['c0', 'c1'] });
      await expectSources(['10.77.0.1', '10.77.1.1']);
      await topology.client.ip('addr add 10.77.0.21/24 dev c0');
      await sleep(300);
      await expectSources(['10.77.0.1', '10.77.1.1']);
      expect(client.output, 'one more address is no reason').not.toContain('c0 changed');
      // The second of a subnet goes with the first, unless it is promoted.
      await topology.client.setParameters({ 'ipv4/conf/c0/promote_secondaries': 1 });
      await topology.client.ip('addr del 10.77.0.1/24 dev c0');
      await client.waitForOutput('path c0 changed');
      await topology.bringUp(0, 'client');
      await topology.client.ip('route replace default via 10.77.0.2 dev c0 metric 50');
      await expectSources(['10.77.0.21', '10.77.1.1']);
      await topology.client.ip(
        'route del default via 10.77.0.2 dev c0 metric 50',
        'addr del 10.77.0.21/24 dev c0',
      );
      await topology.bringUp(0, 'client');
      await expectSources(['10.77.0.1', '10.77.1.1']);
    });

    test('an address that changes under a path which names none', async () => {
      await start(engine, { paths: [{ name: 'any' }] });
      await expectSources(['10.77.0.1']);
      await topology.client.ip('addr del 10.77.0.1/24 dev c0');
      await topology.client.ip(
        'addr add 10.77.0.21/24 dev c0',
        'route replace default via 10.77.0.2 dev c0 metric 50',
      );
      await expectSources(['10.77.0.21']);
      await topology.client.ip('addr del 10.77.0.21/24 dev c0');
      await topology.bringUp(0, 'client');
      await expectSources(['10.77.0.1']);
    });

    test('a device that is made anew under its name', async () => {
      const client = await start(engine);
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1']);
      await topology.removePath(2);
      await client.waitForOutput('path c2 is closed: interface is gone');
      await expectSources(['10.77.0.1', '10.77.1.1']);
      await topology.addPath(2);
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1']);
    });
  });

  describe('names', () => {
    let hosts: string;
    beforeAll(() => {
      // man 8 ip-netns: these files take the place of those in /etc for what runs inside.
      const etc = `/etc/netns/${topology.client.name}`;
      mkdirSync(etc, { recursive: true });
      writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\n');
      hosts = join(etc, 'hosts');
    });
    afterAll(() => rmSync(join(hosts, '..'), { recursive: true, force: true }));

    test.each(engines)('one with both families: each link by its own (%s engine)', async (engine) => {
      writeFileSync(hosts, `${stableAddress.ipv4} far.lab.test\n${stableAddress.ipv6} far.lab.test\n`);
      await topology.client.ip('addr del fd77:0::1/64 dev c0', 'addr del 10.77.1.1/24 dev c1');
      await start(engine, {
        dstAddr: `far.lab.test:${serverPort}`,
        excludedInterfaces: ['c2'],
      });
      await expectSources(['10.77.0.1', 'fd77:1::1']);
      for (const path of [0, 1]) await topology.bringUp(path, 'client');
    });

    test('one whose address changes: the paths follow', async () => {
      await topology.server.ip('addr add 10.99.0.2/32 dev lo');
      const first = await stage.peer(topology.server, '10.99.0.1', 59_600);
      const moved = await stage.peer(topology.server, '10.99.0.2', 59_600);
      writeFileSync(hosts, `10.99.0.1 far.lab.test\n`);
      const client = await start('linux', { dstAddr: 'far.lab.test:59600' });
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1'], first);
      writeFileSync(hosts, '10.99.0.2 far.lab.test\n');
      await client.waitForOutput('path c0 changed', nameChangeTimeoutMs);
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1'], moved);
      expect(client.output.match(/path c\d changed/g)).toHaveLength(3);
    });
  });
});
