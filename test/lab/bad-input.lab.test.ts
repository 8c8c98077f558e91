/**
 * What users get wrong and what strangers send: the built programs, each in a namespace of its own.
 * What cannot work ends at once with status 1 and one message that says what to mend, never with a stack
 * trace; what may come later is waited for. Without WireGuard:
 *
 *     namespace "near"                                      namespace "far"
 *     peer -> 127.0.0.1:59401 rengarde-client               a peer in the server's place
 *                              u0 192.0.2.1 ---- veth ---- v0 192.0.2.2
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, programFile } from './lab.ts';
import { Namespace } from './namespace.ts';
import type { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { asNobody, type Ended, Stage } from './stage.ts';
import type { Side } from './topology.ts';
import { transportData } from './udp-peer.ts';

const engines: Engine[] = ['linux', 'portable'];
const listenPort = 59401;

describe.skipIf(programObstacle !== null)(titled('bad input', programObstacle), () => {
  let stage: Stage;
  let near: Namespace;
  let far: Namespace;

  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage?.remove());

  const clientFile = (keys: Record<string, unknown> = {}) =>
    stage.file({ client: { listenAddr: `127.0.0.1:${listenPort}`, dstAddr: '192.0.2.2:59402', ...keys } });
  const serverFile = (keys: Record<string, unknown> = {}) =>
    stage.file({ server: { listenAddr: `0.0.0.0:${listenPort}`, dstAddr: '127.0.0.1:59301', ...keys } });
  /** Runs a program that ends by itself. */
  const run = (side: Side, name: string, engine = 'auto', before: string[] = []): Promise<Ended> =>
    stage.run(near, side, [name], engine, before);
  /** Starts a program that goes on. */
  const start = (side: Side, name: string, engine: Engine, before: string[] = []): Program =>
    stage.start(near, side, name, engine, before);

  /** Plugs the link in, with addresses. */
  async function plugIn(): Promise<void> {
    await near.ip(`link add u0 type veth peer name v0 netns ${far.name}`);
    await far.ip('link set v0 up', 'addr add 192.0.2.2/24 dev v0', 'addr add 192.0.2.3/24 dev v0');
    await near.ip('link set u0 up', 'addr add 192.0.2.1/24 dev u0');
  }

  function expectRefusal(ended: Ended, ...lines: RegExp[]): void {
    expect(ended.stderr).not.toMatch(/^ {4}at /m);
    const said = ended.stderr.trimEnd().split('\n');
    expect(said, ended.stderr).toHaveLength(lines.length);
    for (const [index, line] of lines.entries()) expect(said[index]).toMatch(line);
    expect(ended.stdout).toBe('');
    expect(ended.status).toBe(1);
  }

  /** Both namespaces for a suite; after each test whatever it started is ended, and the link gone. */
  const inNamespaces = () => {
    beforeAll(async () => {
      near = new Namespace('near');
      far = new Namespace('far');
      await near.ip('link set lo up');
    });
    afterAll(() => {
      near?.remove();
      far?.remove();
    });
    afterEach(async () => {
      await stage.end();
      await near.ip('link del u0').catch(() => {}); // not every test plugs it in
    });
  };

  describe('a file that cannot be used', () => {
    inNamespaces();
    const good = `listenAddr: "127.0.0.1:${listenPort}", dstAddr: "192.0.2.2:59402"`;

    test.each<[string, Side, string, RegExp[]]>([
      ['not YAML', 'client', 'client: {listenAddr: "127.0.0.1:1', [/engarde\.yml:1:\d+: error: /]],
      ['binary', 'server', '\0\x01\x02', [/engarde\.yml/]],
      ['empty', 'client', '', [/engarde\.yml:1:1: error: client: missing, want a section "client:"/]],
      [
        'the other section only',
        'server',
        `client: {${good}}`,
        [/error: server: found only "client:", which rengarde-client reads/],
      ],
      [
        'wrong types, all told',
        'client',
        `client:\n  listenAddr: 59401\n  dstAddr: [a]\n  excludedInterfaces: eth0\n  writeTimeout: soon\n`,
        [
          /^rengarde-client: .*engarde\.yml:2:15: error: client\.listenAddr: found 59401, want /,
          /engarde\.yml:3:12: error: client\.dstAddr: /,
          /engarde\.yml:4:23: error: client\.excludedInterfaces: found a single value, want a list/,
          /engarde\.yml:5:17: error: client\.writeTimeout: found "soon", want a whole number/,
        ],
      ],
      [
        'ports out of range',
        'client',
        'client:\n  listenAddr: 127.0.0.1:65536\n  dstAddr: 192.0.2.2:0\n',
        [/:2:15: error: client\.listenAddr: .*65535/, /:3:12: error: client\.dstAddr: .*65535/],
      ],
      [
        'a port out of range on the server',
        'server',
        'server:\n  listenAddr: 0.0.0.0:99999\n  dstAddr: 127.0.0.1:59301\n',
        [/error: server\.listenAddr: found "0\.0\.0\.0:99999", want a port from 1 to 65535/],
      ],
    ])('%s (%s)', async (_, side, text, lines) => {
      expectRefusal(await run(side, stage.file(text)), ...lines);
    });

    test.each(['client', 'server'] as const)(
      'a missing file, a folder, an unreadable one (%s)',
      async (side) => {
        expectRefusal(
          await run(side, 'nowhere.yml'),
          /nowhere\.yml: error: .*no such file; copy engarde\.yml\.sample/,
        );
        expectRefusal(await run(side, stage.folder), /error: .*it is a directory/);
        const secret = clientFile();
        chmodSync(secret, 0o600);
        const refused = await run(side, secret, 'auto', asNobody);
        rmSync(secret);
        expectRefusal(refused, /error: .*no permission; let the user that runs rengarde-\w+ read it/);
      },
    );

    test('the default file, when there is none', async () => {
      rmSync(join(stage.folder, 'engarde.yml'), { force: true });
      expectRefusal(
        await stage.run(near, 'client', []),
        /^rengarde-client: engarde\.yml: error: .*no such file/,
      );
    });

    test('an engine there is not', async () => {
      expectRefusal(
        await run('client', clientFile(), 'turbo'),
        /RENGARDE_ENGINE="turbo": want auto, linux or portable/,
      );
    });
  });

  describe.each(engines)('%s engine: an address that cannot be had', (engine) => {
    inNamespaces();

    test.each<[Side, string]>([
      ['client', '192.0.2.77'],
      ['client', '[2001:db8::77]'],
      ['server', '192.0.2.77'],
      ['server', '[2001:db8::77]'],
    ])('%s on %s, which is not local', async (side, host) => {
      const listenAddr = `${host}:${listenPort}`;
      const name = side === 'client' ? clientFile({ listenAddr }) : serverFile({ listenAddr });
      const where = `${side}.listenAddr ${listenAddr}`;
      expectRefusal(
        await run(side, name, engine),
        new RegExp(
          `^rengarde-${side}: Cannot listen on ${escaped(where)}: no interface of this host has this address`,
        ),
      );
    });

    test.each(['client', 'server'] as const)('%s on a port that another program has', async (side) => {
      await stage.peer(near, '127.0.0.1', listenPort);
      const name = side === 'client' ? clientFile() : serverFile();
      expectRefusal(
        await run(side, name, engine),
        /: another program has this port; stop it or choose another port \(EADDRINUSE\)$/,
      );
    });

    test.each(['client', 'server'] as const)('%s started twice: the first goes on', async (side) => {
      const name = side === 'client' ? clientFile() : serverFile();
      const first = start(side, name, engine);
      await first.waitForUdpPort(listenPort);
      expectRefusal(await run(side, name, engine), /: another program has this port/);
      expect(first.unexpectedEnd).toBe(null);
    });

    test.each(['client', 'server'] as const)('%s on a privileged port, as an ordinary user', async (side) => {
      const listenAddr = '127.0.0.1:500';
      const name = side === 'client' ? clientFile({ listenAddr }) : serverFile({ listenAddr });
      expectRefusal(
        await run(side, name, engine, asNobody),
        /listenAddr 127\.0\.0\.1:500: this user may not listen on this port; choose one from 1024 up \(EACCES\)$/,
      );
    });
  });

  describe.each(engines)('%s engine: what may come later', (engine) => {
    inNamespaces();

    test('no usable interface: starts, says so, and carries when one appears', async () => {
      const client = start('client', clientFile(), engine);
      await client.waitForOutput('no usable interface, waiting for one (lo: loopback)');
      const wireguard = await stage.peer(near, '127.0.0.1', 0);
      wireguard.send(transportData(), listenPort, '127.0.0.1');
      await plugIn();
      const server = await stage.peer(far, '192.0.2.2', 59402);
      const arrived = await wireguard.sendUntil(listenPort, '127.0.0.1', server);
      expect(arrived).toMatchObject({ from: '192.0.2.1', bytes: 64 });
      // And back, to where WireGuard last sent from.
      server.send(transportData(80), arrived.port, arrived.from);
      await wireguard
        .sendUntil(listenPort, '127.0.0.1', wireguard, ({ bytes }) => bytes === 80)
        .catch(() => {});
      expect(wireguard.received.map(({ bytes }) => bytes)).toContain(80);
      await sleep(400); // what lasted less is no news
      await near.ip('link del u0');
      await client.waitForOutput(/path u0 is closed: interface is gone(.|\n)*no usable interface/);
    });

    test('interfaces that do not exist: starts, says which, and uses them when they appear', async () => {
      const dstOverrides = [{ ifName: 'u0', dstAddr: '192.0.2.3:59403' }];
      const client = start('client', clientFile({ dstOverrides, includedInterfaces: ['u0', 'u7'] }), engine);
      await client.waitForOutput('interface u0 does not exist now; it is used when it appears');
      await client.waitForOutput('interface u7 does not exist now');
      await client.waitForOutput('no usable interface, waiting for one (lo: not in includedInterfaces)');
      await plugIn();
      await client.waitForOutput('path u0 is open');
      const server = await stage.peer(far, '192.0.2.3', 59403);
      const wireguard = await stage.peer(near, '127.0.0.1', 0);
      await wireguard.sendUntil(listenPort, '127.0.0.1', server);
    });

    test('explicit paths by an interface and an address that do not exist', async () => {
      const paths = [
        { name: 'by device', ifName: 'u0' },
        { name: 'by address', srcAddr: '192.0.2.1' },
      ];
      const client = start('client', clientFile({ paths }), engine);
      await client.waitForOutput('no path over by device: interface u0 does not exist');
      await client.waitForOutput('no path over by address: srcAddr 192.0.2.1 is not an address of this host');
      await client.waitForOutput(
        'no usable interface, waiting for one (by device: interface u0 does not exist; by',
      );
      await plugIn();
      await client.waitForOutput('path by device is open');
      await client.waitForOutput('path by address is open');
    });

    test('works as an ordinary user without capabilities, bound to the device', async () => {
      await plugIn();
      const client = start('client', clientFile(), engine, asNobody);
      await client.waitForOutput('path u0 is open');
      const server = await stage.peer(far, '192.0.2.2', 59402);
      const wireguard = await stage.peer(near, '127.0.0.1', 0);
      await wireguard.sendUntil(listenPort, '127.0.0.1', server);
      if (engine === 'linux') {
        expect(await near.run('ss', ['-Huan'])).toMatch(/192\.0\.2\.1%u0:\d+\s+192\.0\.2\.2:59402/);
      }
    });
  });

  describe('a destination that does not resolve', () => {
    inNamespaces();
    let names: string;

    beforeAll(() => {
      // man 8 ip-netns: these files take the place of those in /etc for what runs inside.
      names = `/etc/netns/${near.name}`;
      mkdirSync(names, { recursive: true });
      writeFileSync(join(names, 'hosts'), '127.0.0.1 localhost\n');
      writeFileSync(join(names, 'resolv.conf'), 'nameserver 127.0.0.1\n');
    });
    afterAll(() => rmSync(names, { recursive: true, force: true }));

    test('client: starts, says so, keeps trying, and carries when it resolves', async () => {
      await plugIn();
      const client = start('client', clientFile({ dstAddr: 'far.lab.test:59402' }), 'linux');
      await client.waitForOutput(/cannot resolve far\.lab\.test \(E\w+\); trying again/);
      await client.waitForOutput('no path over u0: destination far.lab.test:59402 does not resolve');
      writeFileSync(join(names, 'hosts'), '127.0.0.1 localhost\n192.0.2.2 far.lab.test\n');
      await client.waitForOutput('far.lab.test is 192.0.2.2');
      const server = await stage.peer(far, '192.0.2.2', 59402);
      const wireguard = await stage.peer(near, '127.0.0.1', 0);
      await wireguard.sendUntil(listenPort, '127.0.0.1', server);
      expect(client.output.match(/cannot resolve/g)).toHaveLength(1);
    });

    test('server: starts, says so, keeps trying, and carries when it resolves', async () => {
      await plugIn();
      writeFileSync(join(names, 'hosts'), '127.0.0.1 localhost\n');
      const server = start('server', serverFile({ dstAddr: 'wireguard.lab.test:59301' }), 'linux');
      await server.waitForOutput(/cannot resolve wireguard\.lab\.test \(E\w+\); trying again/);
      const client = await stage.peer(far, '192.0.2.2', 0);
      client.send(transportData(), listenPort, '192.0.2.1');
      writeFileSync(join(names, 'hosts'), '127.0.0.1 localhost wireguard.lab.test\n');
      const wireguard = await stage.peer(near, '127.0.0.1', 59301);
      await server.waitForOutput('wireguard.lab.test is 127.0.0.1');
      await client.sendUntil(listenPort, '192.0.2.1', wireguard);
    });
  });

  test('no permission to bind to the device: says what to grant', async () => {
    near = new Namespace('near');
    // Current kernels let anybody bind an unbound socket; binding again is what they forbid.
    const code = `
      import { UdpSocket } from ${JSON.stringify(pathToFileURL(join(programFile('client'), '../../linux/udp-socket.js')))};
      const socket = new UdpSocket(2, 'Cannot open path "lo"');
      socket.bindToDevice('lo', 'Cannot open path "lo"');
      try { socket.bindToDevice('lo', 'Cannot open path "lo"'); } catch (error) { console.log(error.message); }
    `;
    const [command, ...args] = [...asNobody, process.execPath, '--input-type=module', '-e', code];
    const said = await near.run(command!, args);
    near.remove();
    expect(said).toMatch(/^Cannot open path "lo": .*grant CAP_NET_RAW .*EPERM/);
  });
});

function escaped(text: string): string {
  return text.replace(/[.[\]]/g, '\\$&');
}
