/**
 * Every command of docs/quick-start.md, as it stands there, in namespaces:
 *
 *     client                                        server
 *       eth0 192.168.10.1/24 =================== 192.168.10.2/24 eth0
 *       eth1 192.168.11.1/24 =================== 192.168.11.2/24 eth1,  lo 203.0.113.10
 *
 * Each host has a home, a /etc/wireguard and wireguard-go's sockets of its own, by bind mounts. What a
 * newcomer has besides is stood in for: rengarde's programs in the PATH, and scp by cp.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { programFile } from './lab.ts';
import { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { type Side, sides } from './topology.ts';

interface Block {
  readonly side: Side;
  /** Which story it belongs to; empty: the main one. */
  readonly story: string;
  readonly text: string;
}

const serverAddress = '203.0.113.10';
const sharedFolders = ['/etc/wireguard', '/var/run/wireguard'];

/** The blocks of a page, in its order. */
function blocksOf(file: string): Block[] {
  const fences = readFileSync(file, 'utf8').matchAll(/^```sh (client|server) ?(\w*)\n(.*?)^```$/gms);
  return [...fences].map(([, side, story, text]) => ({ side: side as Side, story: story!, text: text! }));
}

describe.skipIf(programObstacle !== null)(titled('the quick start', programObstacle), () => {
  const blocks = blocksOf('docs/quick-start.md');
  const story = (name: string) => blocks.filter((block) => block.story === name);
  let hosts: Record<Side, Namespace>;
  let folder: string;
  let running: Program[];

  beforeEach(async () => {
    running = [];
    folder = mkdtempSync(join(tmpdir(), 'rengarde-quick-'));
    const bin = at('bin');
    mkdirSync(bin);
    for (const name of ['rengarde', 'rengarde-client', 'rengarde-server']) {
      const file = resolve(programFile('client'), `../${name}.js`);
      script(join(bin, name), `exec ${process.execPath} ${file} "$@"`);
    }
    // scp -rp FROM root@HOST:TO
    script(join(bin, 'scp'), `cp -rp "$2" "${at('server')}/\${3#*:}"`);
    hosts = { client: new Namespace('client'), server: new Namespace('server') };
    await hosts.client.ip('link set lo up', ...cable(0), ...cable(1));
    for (const side of sides) {
      mkdirSync(at(side));
      for (const shared of sharedFolders) mkdirSync(at(`${side}${shared.replaceAll('/', '-')}`));
      await hosts[side].setParameters({ 'ipv4/conf/all/rp_filter': 0, 'ipv4/conf/default/rp_filter': 0 });
    }
    const far = ['lo', 'eth0', 'eth1'].map((name) => `link set ${name} up`);
    const addresses = [0, 1].map((cable) => `addr add 192.168.1${cable}.2/24 dev eth${cable}`);
    await hosts.server.ip(...far, ...addresses, `addr add ${serverAddress}/32 dev lo`);
    await hosts.client.ip(
      ...[0, 1].map((cable) => `route add default via 192.168.1${cable}.2 dev eth${cable} metric 10${cable}`),
    );
  });
  afterEach(async () => {
    await Promise.all(running.map((program) => program.stop()));
    for (const side of sides) hosts[side].remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (...path: string[]) => join(folder, ...path);

  function cable(number: number): string[] {
    const name = `eth${number}`;
    return [
      `link add ${name} type veth peer name ${name} netns ${hosts.server.name}`,
      `link set ${name} up`,
      `addr add 192.168.1${number}.1/24 dev ${name}`,
    ];
  }

  function script(file: string, text: string): void {
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  }

  /** The command line that carries out a block as that host's root would. */
  function asOn(side: Side, text: string): string[] {
    const mounts = sharedFolders.map(
      (shared) => `mount --bind ${at(`${side}${shared.replaceAll('/', '-')}`)} ${shared}`,
    );
    const environment = `export PATH=${at('bin')}:$PATH HOME=${at(side)} STATE_DIRECTORY=${at(side)} WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go`;
    const script = [...mounts, environment, `cd ${at(side)}`, 'set -e', text].join('\n');
    return ['-m', 'sh', '-c', script];
  }

  /** Carries out a block; one that ends in a relay goes on, and is waited for until it carries. */
  async function carryOut({ side, text }: Block): Promise<string> {
    const relay = /^rengarde-(client|server) \S+$/m.test(text);
    // What wg-quick leaves in the background must not hold the test's pipes open.
    const quiet = text.replace(/^wg-quick .*$/gm, '$& </dev/null >/dev/null 2>&1');
    const args = asOn(side, quiet.replace(/^(rengarde-(?:client|server) )/m, 'exec $1'));
    if (!relay) return hosts[side].run('unshare', args, { timeoutMs: 40_000 });
    const program = new Program(hosts[side], 'unshare', args);
    running.push(program);
    await program.waitForOutput(side === 'client' ? 'path eth1 is open' : /serving /);
    return program.output;
  }

  test('several links to one server', async () => {
    const outputs: string[] = [];
    for (const block of story('')) outputs.push(await carryOut(block));
    expect(story('')).toHaveLength(5);
    expect(outputs.at(-1)).toContain('3 received, 0% packet loss');
    expect(outputs.at(-1)).toContain('eth1');
  });

  test('two machines, two cables', async () => {
    const [init] = story('cables');
    expect(await carryOut(init!)).toContain('- eth1');
    for (const block of story('').slice(1)) await carryOut(block);
    await hosts.server.ip('link set eth0 down');
    const ping = 'ping -n -c 3 -i 0.2 -w 10 10.20.0.1';
    expect(await hosts.client.run('unshare', asOn('client', ping))).toContain('3 received, 0% packet loss');
  });

  test('a tunnel that there is', async () => {
    const first = story('')[0]!;
    await carryOut({ ...first, text: first.text.replace('--out tunnel', '--out old') });
    const old = readFileSync(at('client/old/client/wg0.conf'), 'utf8');
    const file = at('client-etc-wireguard/wg0.conf');
    writeFileSync(file, old.replace('127.0.0.1:59401', `${serverAddress}:59301`));
    const said = await carryOut(story('existing')[0]!);
    expect(said).toContain(`- Endpoint = ${serverAddress}:59301\n+ Endpoint = 127.0.0.1:59401\n`);
    expect(readFileSync(at('client/tunnel/client/wg0.conf'), 'utf8')).toBe(old);
    copyFileSync(at('client/tunnel/client/wg0.conf'), file);
  });

  test('private keys that never travel', async () => {
    const said = await carryOut(story('roles')[0]!);
    const command = /rengarde init --role client .*/.exec(said)![0];
    const there = await carryOut({ side: 'client', story: '', text: `${command} --out tunnel --yes` });
    expect(there).toMatch(/wg set wg0 peer \S+ allowed-ips 10\.20\.0\.2\/32/);
  });

  test('has a test for every block', () => {
    expect(new Set(blocks.map(({ story }) => story))).toEqual(new Set(['', 'cables', 'existing', 'roles']));
    expect(readFileSync('docs/quick-start.md', 'utf8').match(/^```sh/gm)).toHaveLength(blocks.length);
    expect(readFileSync('README.md', 'utf8')).toContain(`\n${story('')[0]!.text}\`\`\``);
  });
});
