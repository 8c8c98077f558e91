/**
 * `rengarde init` from nothing to a tunnel: what it writes is carried to both hosts and used as it is, by
 * `wg-quick up` and the programs. Links as in topology.ts; both hosts are fresh for each test.
 *
 * Names of WireGuard interfaces are unique in the lab, as all namespaces share wireguard-go's sockets: the
 * server's file is copied to another name, unchanged.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { programFile } from './lab.ts';
import { isAlive } from './namespace.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { type Side, sides, stableAddress, Topology } from './topology.ts';

const rengarde = resolve(programFile('client'), '../rengarde.js');
let made = 0;

describe.skipIf(programObstacle !== null)(titled('rengarde init', programObstacle), () => {
  let topology: Topology;
  let folder: string;
  let running: Program[];
  /** WireGuard's interface on either host. */
  let names: Record<Side, string>;

  beforeEach(async () => {
    made += 1;
    folder = mkdtempSync(join(tmpdir(), 'rengarde-init-'));
    running = [];
    names = { client: `rgi${process.pid}c${made}`, server: `rgi${process.pid}s${made}` };
    topology = await Topology.create({ paths: 3, linkMtu: 1400, stableAddress: true });
  });
  afterEach(async () => {
    await Promise.all(running.map((program) => program.stop()));
    topology.remove();
    for (const name of Object.values(names)) rmSync(`/var/run/wireguard/${name}.sock`, { force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  const init = (side: Side, ...flags: string[]) =>
    topology.host(side).run(process.execPath, [rengarde, 'init', ...flags, '--yes']);
  const at = (...path: string[]) => join(folder, ...path);

  /** What the next steps say: WireGuard's file up, the program started with the other. */
  async function start(side: Side, wireguardFile: string, engardeFile: string): Promise<Program> {
    await topology
      .host(side)
      .run('sh', [
        '-c',
        `WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go wg-quick up ${wireguardFile} </dev/null >/dev/null 2>${at('wg-quick.log')}`,
      ]);
    const program = new Program(topology.host(side), process.execPath, [programFile(side), engardeFile]);
    running.push(program);
    return program;
  }

  /** Packets of the tunnel's whole MTU arrive, from the first answer on all of them. */
  async function expectTunnel(address: string, mtuBytes: number): Promise<void> {
    const fullPacket = String(mtuBytes - 28); // less the IP and ICMP headers
    const ping = (...args: string[]) =>
      topology.client.run('ping', ['-n', '-i', '0.2', '-M', 'do', '-s', fullPacket, ...args, address], {
        timeoutMs: 40_000,
      });
    await ping('-c', '1', '-w', '30');
    expect(await ping('-c', '5', '-w', '10')).toContain('5 received, 0% packet loss');
  }

  test('both sets from one run make a tunnel without an edit', async () => {
    const flags = ['--server', stableAddress.ipv4, '--with-wireguard', '--interface', names.client];
    const said = await init('client', ...flags, '--out', at('tunnel'));
    const secret = /^PrivateKey = (.*)$/m;
    for (const side of sides) {
      const file = at('tunnel', side, `${names.client}.conf`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(said).not.toContain(secret.exec(readFileSync(file, 'utf8'))![1]);
    }
    expect(said).toContain('ping 10.20.0.1');

    const serverFile = at(`${names.server}.conf`);
    copyFileSync(at('tunnel', 'server', `${names.client}.conf`), serverFile);
    const server = await start('server', serverFile, at('tunnel/server/engarde.yml'));
    await server.waitForUdpPort(59402);
    await start('client', at('tunnel/client', `${names.client}.conf`), at('tunnel/client/engarde.yml'));
    await expectTunnel('10.20.0.1', 1320);
  });

  test('each host makes its own files, private keys stay where they are', async () => {
    const flags = [
      '--server',
      `[${stableAddress.ipv6}]:6000`,
      '--with-wireguard',
      '--tunnel',
      '10.21.0.0/24,fd21::/64',
    ];
    const said = await init(
      'server',
      ...flags,
      '--role',
      'server',
      '--out',
      at('s'),
      '--interface',
      names.server,
    );
    const command = /rengarde init (--role client .*)/.exec(said)![1]!.replace(names.server, names.client);
    const there = await init('client', ...command.split(' '), '--out', at('c'));
    const added = /( +\[Peer\]\n.*\n.*\n)/.exec(there)![1]!;
    const serverFile = at('s', `${names.server}.conf`);
    writeFileSync(serverFile, `${readFileSync(serverFile, 'utf8')}${added}`);

    await start('server', serverFile, at('s/engarde.yml'));
    const client = await start('client', at('c', `${names.client}.conf`), at('c/engarde.yml'));
    await client.waitForOutput('path c2 is open');
    await expectTunnel('10.21.0.1', 1320);
    expect(await topology.client.run('ping', ['-n', '-c', '1', '-w', '10', 'fd21::1'])).toContain(
      ' 0% packet loss',
    );
  });

  test('a tunnel that there is moves onto rengarde with the changed copy', async () => {
    mkdirSync(at('old'));
    const flags = [
      '--server',
      '192.0.2.1',
      '--with-wireguard',
      '--interface',
      names.client,
      '--wireguard-port',
      '51820',
    ];
    await init('client', ...flags, '--out', at('old'), '--mtu', '1420');
    const old = at('old/client', `${names.client}.conf`);
    const text = readFileSync(old, 'utf8').replace(
      /^Endpoint = .*$/m,
      `Endpoint = ${stableAddress.ipv4}:51820`,
    );
    writeFileSync(old, `${text.replace(/^(MTU|PersistentKeepalive) = .*\n/gm, '')}# office\n`);
    const serverFile = at(`${names.server}.conf`);
    copyFileSync(at('old/server', `${names.client}.conf`), serverFile);

    const said = await init('client', '--wireguard', old, '--out', at('new'));
    expect(said).toContain(`- Endpoint = ${stableAddress.ipv4}:51820\n+ Endpoint = 127.0.0.1:59401\n`);
    const changed = at('new/client', `${names.client}.conf`);
    expect(readFileSync(changed, 'utf8')).toContain('# office');
    await start('server', serverFile, at('new/server/engarde.yml'));
    await start('client', changed, at('new/client/engarde.yml'));
    await expectTunnel('10.20.0.1', 1320);
  });

  test('two cables, each to another address of the server', async () => {
    const links = ['--use', 'c0,c1', '--override', 'c1=10.77.1.2', '--server', '10.77.0.2'];
    const out = ['--out', at('tunnel'), '--with-wireguard', '--interface', names.client];
    await init('client', ...links, ...out);
    const serverFile = at(`${names.server}.conf`);
    copyFileSync(at('tunnel/server', `${names.client}.conf`), serverFile);
    const server = await start('server', serverFile, at('tunnel/server/engarde.yml'));
    await server.waitForUdpPort(59402);
    const client = await start(
      'client',
      at('tunnel/client', `${names.client}.conf`),
      at('tunnel/client/engarde.yml'),
    );
    await client.waitForOutput('path c1 is open');
    await expectTunnel('10.20.0.1', 1320);
    await topology.server.ip('link set s0 down');
    await expectTunnel('10.20.0.1', 1320);
  });

  test('asks on a terminal, and writes what was answered', async () => {
    // util-linux's script gives the program a terminal; what is typed comes by its standard input.
    const command = `${process.execPath} ${rengarde} init --out ${at('asked')} --interface ${names.client}`;
    const child = topology.client.spawn('script', ['-qec', command, '/dev/null']);
    let screen = '';
    child.stdout!.on('data', (chunk) => (screen += chunk));
    const ended = new Promise((done) => child.once('close', done));
    const answers: [RegExp, string][] = [
      [/WireGuard on this host/, '\r'],
      [/Which files do you need/, '\r'],
      [/public address/, `${stableAddress.ipv4}\r`],
      [/inside of the tunnel/, '\r'],
      [/Links that may carry/, ' \r'],
      [/Write these 4 files\?/, 'y\r'],
    ];
    for (const [question, answer] of answers) {
      await expect.poll(() => screen, { timeout: 20_000, interval: 20 }).toMatch(question);
      screen = '';
      child.stdin!.write(answer);
    }
    expect(await ended).toBe(0);
    expect(readFileSync(at('asked/client/engarde.yml'), 'utf8')).toContain(
      `    - ${names.client}\n    - c0\n`,
    );
    expect(isAlive(child.pid!)).toBe(false);
  });
});
