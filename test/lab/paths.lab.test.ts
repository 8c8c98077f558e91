/**
 * Which links the client uses, and how it follows what happens to them; then how the programs are handled:
 * what they print, how they end. The network of topology.ts, with bare UDP sockets where WireGuard and the
 * server would be, so that each copy's source address tells the path it came by:
 *
 *     peer -> 127.0.0.1:59401 rengarde-client ==== c0, c1, c2 ==== peer [::]:59402
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, programFile } from './lab.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { type Side, stableAddress, Topology } from './topology.ts';
import { transportData, UdpPeer } from './udp-peer.ts';

const engines: Engine[] = ['linux', 'portable'];
const listenPort = 59401;
const serverPort = 59402;
/** The client asks for a name again every 30 s. */
const nameChangeTimeoutMs = 45_000;

describe.skipIf(programObstacle !== null)(titled('paths', programObstacle), () => {
  let folder: string;
  let topology: Topology;
  let server: UdpPeer;
  let wireguard: UdpPeer;
  const running: { stop(): unknown }[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rengarde-paths-'));
    topology = await Topology.create({ paths: 3, linkMtu: 1_500, stableAddress: true });
    server = new UdpPeer(topology.server, '::', serverPort);
    wireguard = new UdpPeer(topology.client, '127.0.0.1', 0);
    await Promise.all([server.ready(), wireguard.ready()]);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });
  afterAll(() => {
    server?.stop();
    wireguard?.stop();
    topology?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Writes engarde.yml with both sections and gives its name. */
  function file(client: Record<string, unknown> = {}): string {
    const name = join(folder, 'engarde.yml');
    const text = JSON.stringify({
      client: {
        listenAddr: `127.0.0.1:${listenPort}`,
        dstAddr: `${stableAddress.ipv4}:${serverPort}`,
        ...client,
      },
      server: { listenAddr: '0.0.0.0:59403', dstAddr: '127.0.0.1:59301' },
    });
    writeFileSync(name, text);
    return name;
  }

  function start(engine: Engine, client: Record<string, unknown> = {}, side: Side = 'client'): Program {
    const program = new Program(topology.client, process.execPath, [programFile(side), file(client)], {
      RENGARDE_ENGINE: engine,
    });
    running.push(program);
    return program;
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
      const client = start(engine, keys);
      await client.waitForUdpPort(listenPort);
      await expectSources(wanted);
    });

    test('a bridge when it is brought back, besides all others', async () => {
      await topology.client.ip(
        'link add rgb0 type bridge',
        'link set rgb0 up',
        'addr add 10.78.0.1/24 dev rgb0',
      );
      const client = start(engine, { includedInterfaces: ['+rgb*'] });
      await client.waitForOutput('path rgb0 is open');
      // It leads nowhere; the portable engine cannot bind to it, so that its copies leave by the routing table.
      const more = engine === 'portable' ? ['10.78.0.1'] : [];
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1', ...more]);
      await client.stop();
      const without = start(engine);
      await without.waitForOutput('path c2 is open');
      expect(without.output).not.toContain('rgb0 is open');
      await topology.client.ip('link del rgb0');
    });

    test('another destination for one of them', async () => {
      const other = new UdpPeer(topology.server, '10.77.1.2', 59_500);
      running.push(other);
      await other.ready();
      const client = start(engine, { dstOverrides: [{ ifName: 'c1', dstAddr: '10.77.1.2:59500' }] });
      await client.waitForUdpPort(listenPort);
      await expectSources(['10.77.0.1', '10.77.2.1']);
      await expectSources(['10.77.1.1'], other);
    });

    test('two addresses of one card, as explicit paths', async () => {
      await topology.client.ip('addr add 10.77.0.11/24 dev c0');
      const paths = [
        { name: 'first', srcAddr: '10.77.0.1' },
        { name: 'second', ifName: 'c0', srcAddr: '10.77.0.11' },
      ];
      const client = start(engine, { paths });
      await client.waitForUdpPort(listenPort);
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
      const client = start(engine, { includedInterfaces: ['c0', 'c1'] });
      await client.waitForUdpPort(listenPort);
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
      const client = start(engine, { paths: [{ name: 'any' }] });
      await client.waitForUdpPort(listenPort);
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
      const client = start(engine);
      await client.waitForUdpPort(listenPort);
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
      const client = start(engine, { dstAddr: `far.lab.test:${serverPort}`, excludedInterfaces: ['c2'] });
      await client.waitForUdpPort(listenPort);
      await expectSources(['10.77.0.1', 'fd77:1::1']);
      for (const path of [0, 1]) await topology.bringUp(path, 'client');
    });

    test('one whose address changes: the paths follow', async () => {
      await topology.server.ip('addr add 10.99.0.2/32 dev lo');
      const [first, moved] = ['10.99.0.1', '10.99.0.2'].map(
        (one) => new UdpPeer(topology.server, one, 59_600),
      );
      running.push(first!, moved!);
      await Promise.all([first!.ready(), moved!.ready()]);
      writeFileSync(hosts, `10.99.0.1 far.lab.test\n`);
      const client = start('linux', { dstAddr: 'far.lab.test:59600' });
      await client.waitForUdpPort(listenPort);
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1'], first);
      writeFileSync(hosts, '10.99.0.2 far.lab.test\n');
      await client.waitForOutput('path c0 changed', nameChangeTimeoutMs);
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1'], moved);
      expect(client.output.match(/path c\d changed/g)).toHaveLength(3);
    });
  });

  describe.each(engines)('%s engine: a link carries', (engine) => {
    const rounds = 10;
    const up = (device: string) => [`link set ${device} up`, 'addr replace 10.77.0.1/24 dev c0'];
    // The far end notices a carrier up to a second late, and answers no ARP until then.
    const routes = (mac: string) => [
      `neigh replace 10.77.0.2 lladdr ${mac} nud permanent dev c0`,
      'route replace default via 10.77.0.2 dev c0 table 100',
      'route replace default via 10.77.0.2 dev c0 metric 100',
    ];

    test.each([
      ['an address is added', 'addr del 10.77.0.1/24 dev c0'],
      ['it is set up', 'link set c0 down'],
      ['it is plugged in', 'link del c0'],
    ])('within 50 ms after %s', async (what, cut) => {
      const client = start(engine);
      await client.waitForUdpPort(listenPort);
      await expectSources(['10.77.0.1', '10.77.1.1', '10.77.2.1']);
      const stream = new UdpPeer(topology.client, '127.0.0.1', 0);
      running.push(stream);
      await stream.ready();
      stream.send(transportData(200), listenPort, '127.0.0.1', 2);
      const tookMs: number[] = [];
      for (let round = 0; round < rounds; round++) {
        await topology.client.ip(cut);
        await sleep(200);
        if (cut.startsWith('link del')) {
          await topology.client.ip(`link add c0 type veth peer name s0 netns ${topology.server.name}`);
          await topology.server.ip('link set s0 up', 'addr add 10.77.0.2/24 dev s0');
        }
        const mac = (await topology.server.run('cat', ['/sys/class/net/s0/address'])).trim();
        await sleep(100);
        const from = server.received.length;
        const startNs = process.hrtime.bigint();
        await topology.client.ip(...up('c0'), ...routes(mac));
        const isBack = () => server.received.slice(from).find((one) => one.from === '10.77.0.1');
        await client.waitFor('copy by c0', () => isBack() !== undefined);
        tookMs.push(Number(BigInt(isBack()!.atNs) - startNs) / 1e6);
      }
      await topology.client.ip('neigh flush dev c0 nud permanent');
      await topology.bringUp(0, 'server');
      await topology.bringUp(0, 'client');
      const sorted = tookMs.toSorted((a, b) => a - b);
      const medianMs = (sorted[rounds / 2 - 1]! + sorted[rounds / 2]!) / 2;
      console.log(
        `${engine} engine: from the start of the ip command to the first copy at the far end, after ${what}: ` +
          `median ${medianMs.toFixed(1)} ms, longest ${sorted.at(-1)!.toFixed(1)} ms (${rounds} times)`,
      );
      if (engine === 'linux') expect(medianMs).toBeLessThanOrEqual(50);
      else expect(medianMs).toBeLessThanOrEqual(1_000);
    });
  });

  describe('commands', () => {
    /** Runs a program to its end, which must be a good one. */
    const run = (side: Side, ...args: string[]) =>
      topology.client.run(process.execPath, [programFile(side), ...args]);

    test.each(['client', 'server'] as const)('rengarde-%s -v and --help', async (side) => {
      expect(await run(side, '-v')).toMatch(new RegExp(`^rengarde-${side} ver\\. \\d+\\.\\d+\\.\\d+\\n$`));
      const help = await run(side, '--help');
      expect(help).toContain(`Usage: rengarde-${side} `);
      expect(help).toMatch(/RENGARDE_ENGINE=auto\|linux\|portable/);
      if (side === 'client') expect(help).toContain('list-interfaces');
    });

    test('list-interfaces shows all there are, with what comes of each', async () => {
      await topology.client.ip('link add bare0 type veth peer name bare1', 'link add rgb0 type bridge');
      const keys = { interfaceLabels: { c0: 'Cable (up)' }, excludedInterfaces: ['c1'] };
      const lines = (await run('client', 'list-interfaces', file(keys))).trimEnd().split('\n');
      const byName = new Map(lines.map((line) => [line.split(' ')[0], line.replace(/ +/g, ' ')]));
      const devices = (await topology.client.run('ls', ['/sys/class/net'])).split('\n').filter(Boolean);
      expect([...byName.keys()].sort()).toEqual(devices.filter((name) => name !== 'bonding_masters').sort());
      expect(byName.get('c0')).toBe('c0 10.77.0.1 fd77::1 ethernet used (Cable (up))');
      expect(byName.get('c1')).toBe('c1 10.77.1.1 fd77:1::1 ethernet not used: excluded in engarde.yml');
      expect(byName.get('lo')).toBe('lo - loopback not used: loopback');
      expect(byName.get('bare0')).toBe('bare0 - ethernet not used: down, no usable address');
      expect(byName.get('rgb0')).toBe('rgb0 - bridge not used: bridge');
      await topology.client.ip('link del bare0', 'link del rgb0');
    });

    test('the log is JSON, a line each, and readable on a terminal', async () => {
      const plain = start('linux');
      await plain.waitForOutput('path c2 is open');
      await plain.stop();
      for (const line of plain.output.trimEnd().split('\n')) {
        expect(JSON.parse(line)).toMatchObject({ name: 'rengarde-client', msg: expect.any(String) });
      }
      // util-linux's script gives the program a terminal.
      const command = `${process.execPath} ${programFile('client')} ${file()}`;
      const terminal = new Program(topology.client, 'script', ['-qec', command, '/dev/null']);
      running.push(terminal);
      await terminal.waitForOutput('path c2 is open');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what a terminal is for
      const readable = terminal.output.replace(/\x1b\[\d*m/g, '');
      expect(readable).toMatch(
        /^\[\d\d:\d\d:\d\d\] INFO: carrying WireGuard's packets from 127\.0\.0\.1:59401/m,
      );
      expect(readable).not.toContain('{"level"');
    });
  });

  describe.each(engines)('%s engine: a signal', (engine) => {
    const signals = ['SIGTERM', 'SIGINT'] as const;
    const good = { code: 0, signal: null };

    test.each(signals)('%s ends both programs with 0 within a second, idle', async (signal) => {
      for (const side of ['client', 'server'] as const) {
        const program = start(engine, {}, side);
        await program.waitForOutput(side === 'client' ? 'path c2 is open' : 'serving 0.0.0.0:59403');
        const end = await program.stop(signal);
        expect(end, program.output).toMatchObject(good);
        expect(end.elapsedMs).toBeLessThan(1_000);
      }
    });

    test.each(signals)('%s ends both programs with 0 within a second, under traffic', async (signal) => {
      const stream = new UdpPeer(topology.client, '127.0.0.1', 0);
      running.push(stream);
      await stream.ready();
      for (const port of [listenPort, 59_403]) stream.send(transportData(1_200), port, '127.0.0.1', 1);
      for (const side of ['client', 'server'] as const) {
        const program = start(engine, {}, side);
        await program.waitForOutput(side === 'client' ? 'path c2 is open' : 'client sends from');
        await sleep(300);
        const end = await program.stop(signal);
        expect(end, program.output).toMatchObject(good);
        expect(end.elapsedMs).toBeLessThan(1_000);
      }
    });

    test('ends the client within a second however far its start has come', async () => {
      const ends: string[] = [];
      for (let afterMs = 20; afterMs <= 420; afterMs += 40) {
        const program = start(engine);
        await sleep(afterMs);
        const end = await program.stop('SIGTERM');
        ends.push(`${afterMs}: ${end.signal ?? end.code} after ${end.elapsedMs.toFixed(0)} ms`);
        // Before Node runs any of our code the signal does what it does by default.
        expect(end.signal ?? end.code, program.output).toBeOneOf([0, 'SIGTERM']);
        expect(end.elapsedMs, ends.join('\n')).toBeLessThan(1_000);
        expect(program.output).not.toMatch(/^ {4}at /m);
      }
    });
  });
});
