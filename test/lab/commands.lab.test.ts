/**
 * How the programs are handled: what they print, where to, and how signals end them. The network of
 * topology.ts, with bare UDP sockets where traffic is wanted.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Engine, programFile } from './lab.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { Stage } from './stage.ts';
import { type Side, stableAddress, Topology } from './topology.ts';
import { transportData } from './udp-peer.ts';

const engines: Engine[] = ['linux', 'portable'];
const listenPort = 59401;

describe.skipIf(programObstacle !== null)(titled('commands', programObstacle), () => {
  let stage: Stage;
  let topology: Topology;

  beforeAll(async () => {
    stage = new Stage();
    topology = await Topology.create({ paths: 3, linkMtu: 1_500, stableAddress: true });
  });
  afterEach(() => stage.end());
  afterAll(() => {
    topology?.remove();
    stage?.remove();
  });

  /** One file for both. */
  function file(keys: Record<string, unknown> = {}): string {
    const client = { listenAddr: `127.0.0.1:${listenPort}`, dstAddr: `${stableAddress.ipv4}:59402`, ...keys };
    return stage.file({ client, server: { listenAddr: '0.0.0.0:59403', dstAddr: '127.0.0.1:59301' } });
  }

  const start = (engine: Engine, side: Side = 'client') => stage.start(topology.client, side, file(), engine);

  describe('output', () => {
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

    test('docs/commands.md says what --help says; node scripts/commands-page.mjs > docs/commands.md renews it', () => {
      const bin = dirname(programFile('client'));
      const printed = execFileSync(process.execPath, ['scripts/commands-page.mjs', bin], {
        encoding: 'utf8',
      });
      expect(readFileSync('docs/commands.md', 'utf8')).toBe(printed);
      const help = execFileSync(process.execPath, [`${bin}/rengarde.js`, '--help'], { encoding: 'utf8' });
      const commands = [...help.matchAll(/^ {2}([a-z-]+) \[(?:options|file)\]/gm)].map(([, name]) => name!);
      expect(commands).toContain('status');
      expect(commands.filter((name) => !printed.includes(`\n## rengarde ${name}\n`))).toEqual([]);
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

    test('the log is JSON, a line each; on a terminal readable, and over when the terminal is', async () => {
      const plain = start('linux');
      await plain.waitForOutput('path c2 is open');
      await plain.stop();
      for (const line of plain.output.trimEnd().split('\n')) {
        expect(JSON.parse(line)).toMatchObject({ name: 'rengarde-client', msg: expect.any(String) });
      }
      // util-linux's script gives the program a terminal; a shell between them makes it one of many there.
      const status = join(stage.folder, 'status');
      const watched = `trap : HUP; ${process.execPath} ${programFile('client')} ${file()}; echo $? > ${status}`;
      const command = `sh -c '${watched}'; true`;
      const terminal = stage.own(new Program(topology.client, 'script', ['-qec', command, '/dev/null']));
      await terminal.waitForOutput('path c2 is open');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what a terminal is for
      const readable = terminal.output.replace(/\x1b\[\d*m/g, '');
      expect(readable).toMatch(
        /^\[\d\d:\d\d:\d\d\] INFO: carrying WireGuard's packets from 127\.0\.0\.1:59401/m,
      );
      expect(readable).not.toContain('{"level"');
      expect(await topology.client.hasUdpPort(listenPort)).toBe(true);
      await terminal.stop('SIGKILL');
      await vi.waitUntil(async () => !(await topology.client.hasUdpPort(listenPort)), { timeout: 5_000 });
      // By SIGHUP, not by a fault of Node's.
      await vi.waitUntil(() => existsSync(status) && readFileSync(status, 'utf8') === '129\n', {
        timeout: 5_000,
      });
    });
  });

  test("the packet loop's thread is begun once, and not at all by who only asks", async () => {
    const name = join(stage.folder, 'threads.mjs');
    writeFileSync(
      name,
      `import { writeSync } from 'node:fs';
       import { workerData } from 'node:worker_threads';
       if (workerData?.stopFlag !== undefined) writeSync(1, 'packet loop\\n');`,
    );
    const options = `--import ${name}`;
    const loopsIn = (output: string) => output.match(/^packet loop$/gm)?.length ?? 0;
    for (const [side, said] of [
      ['client', 'path c2 is open'],
      ['server', 'serving 0.0.0.0:59403'],
    ] as const) {
      const args = [programFile(side), file()];
      const environment = { NODE_OPTIONS: options };
      const program = stage.own(new Program(topology.client, process.execPath, args, environment));
      await program.waitForOutput(said);
      expect(loopsIn(program.output), program.output).toBe(1);
    }
    for (const [side, asked] of [
      ['client', ['--help']],
      ['client', ['list-interfaces', file()]],
      ['server', ['-v']],
    ] as const) {
      const args = [`NODE_OPTIONS=${options}`, process.execPath, programFile(side), ...asked];
      expect(loopsIn(await topology.client.run('env', args)), asked[0]).toBe(0);
    }
  });

  // No system here forbids libraries: Node is made to refuse them, in all threads.
  test('without its library a program carries on the portable engine and says why, or not at all if told so', async () => {
    const name = join(stage.folder, 'no-library.mjs');
    writeFileSync(name, "process.dlopen = () => { throw new Error('no libraries here'); };");
    const begin = (engine: string) =>
      stage.own(
        new Program(topology.client, process.execPath, [programFile('client'), file()], {
          NODE_OPTIONS: `--import ${name}`,
          RENGARDE_ENGINE: engine,
        }),
      );
    const program = begin('auto');
    await program.waitForOutput('path c2 is open');
    expect(program.output).toContain('using the portable engine, slower: no libraries here');
    await program.stop();
    const refusal = begin('linux');
    await vi.waitUntil(() => refusal.unexpectedEnd !== null, { timeout: 10_000 });
    expect(refusal.output).toBe(
      'rengarde-client: Cannot start the packet loop (RENGARDE_ENGINE=linux): no libraries here\n',
    );
  });

  test('a log that cannot be written costs its lines, not the tunnel', async () => {
    const command = `${process.execPath} ${programFile('client')} ${file()} > /dev/full`;
    const program = stage.own(new Program(topology.client, 'sh', ['-c', `exec ${command}`]));
    await program.waitForUdpPort(listenPort);
    const stream = await stage.peer(topology.client, '127.0.0.1', 0);
    const server = await stage.peer(topology.server, '::', 59_402);
    stream.send(transportData(1_200), listenPort, '127.0.0.1', 1);
    await program.waitFor('traffic', () => server.received.length > 0);
    process.kill(program.pid!, 'SIGUSR2');
    const before = server.received.length;
    await program.waitFor('more traffic', () => server.received.length > before + 100);
    expect(await program.stop()).toMatchObject({ code: 0 });
    expect(program.output).toBe('');
  });

  describe.each(engines)('%s engine: a signal', (engine) => {
    const signals = ['SIGTERM', 'SIGINT'] as const;
    const good = { code: 0, signal: null };

    test.each(signals)('%s ends both programs with 0 within a second, idle', async (signal) => {
      for (const side of ['client', 'server'] as const) {
        const program = start(engine, side);
        await program.waitForOutput(side === 'client' ? 'path c2 is open' : 'serving 0.0.0.0:59403');
        const end = await program.stop(signal);
        expect(end, program.output).toMatchObject(good);
        expect(end.elapsedMs).toBeLessThan(1_000);
      }
    });

    test.each(signals)('%s ends both programs with 0 within a second, under traffic', async (signal) => {
      const stream = await stage.peer(topology.client, '127.0.0.1', 0);
      // Where the server has its WireGuard, and where the client has its server.
      const wireguard = await stage.peer(topology.client, '127.0.0.1', 59_301);
      const server = await stage.peer(topology.server, '::', 59_402);
      for (const port of [listenPort, 59_403]) stream.send(transportData(1_200), port, '127.0.0.1', 1);
      for (const side of ['client', 'server'] as const) {
        const program = start(engine, side);
        const far = side === 'client' ? server : wireguard;
        const before = far.received.length;
        await program.waitFor('traffic', () => far.received.length > before);
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
