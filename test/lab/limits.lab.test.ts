/**
 * Programs that come to a limit of their host: descriptors, disk, memory of sockets; and a link that corrupts. Tunnels
 * that are there go on without losing a ping, and the log says what to raise. Links as in topology.ts, three of them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { carrySingly } from './counters.ts';
import { postJson, request } from './http.ts';
import { type Engine, type Host, serverPort, startLab, tunnel } from './lab.ts';
import { Namespace, runCommand } from './namespace.ts';
import { startPings } from './ping-stream.ts';
import type { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { asNobody, Stage } from './stage.ts';
import { interfaceName, type Side, sides, stableAddress } from './topology.ts';
import { transportData } from './udp-peer.ts';

const engines: readonly Engine[] = ['linux', 'portable'];
const paths = 3;
/** Plugged in while there are no descriptors. */
const extraPath = 7;
const strangers = 40;
const urls = { client: 'http://127.0.0.1:9001', server: 'http://127.0.0.1:9002' } as const;
/** The whole disk of a program, in bytes. */
const diskBytes = 64 << 10;

describe.skipIf(programObstacle !== null)(titled('no descriptors left', programObstacle), () => {
  test.each(engines)(
    'costs no packet, is said with what to raise, and ends by itself when it is raised, on the %s engine',
    async (engine) => {
      const webManager = (side: Side) => ({ webManager: { listenAddr: urls[side].slice('http://'.length) } });
      const lab = await startLab({
        paths,
        engine,
        client: webManager('client'),
        server: webManager('server'),
      });
      try {
        const programs = sides.map((side) => lab[side].program!);
        // Every thread is there, and has what files it needs.
        for (const program of programs) await program.waitForOutput('web interface: ');
        const raises = await Promise.all(programs.map(useUpDescriptors));
        const pings = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4 });
        await pings.untilAnswered(1);
        await knock(lab.server.namespace, strangers);
        await lab.topology.addPath(extraPath);
        for (const program of programs) {
          await program.waitForOutput(
            /EMFILE: this program's limit on open files is reached, raise it \(ulimit -n/,
          );
        }
        await pings.untilAnswered(20);
        for (const raise of raises) await raise();
        await lab.client.program!.waitForOutput(`path c${extraPath} is open`);
        const report = await pings.stop();
        console.log(
          `descriptors, ${engine} engine: ${report.lost.length} of ${report.sent} pings lost without any left`,
        );
        expect(report.lost).toEqual([]);
        expect(report.duplicates).toBe(0);
      } finally {
        await lab.stop();
      }
    },
  );
});

describe.skipIf(programObstacle !== null)(titled('a full disk', programObstacle), () => {
  test('costs no packet, keeps the file as it is, and is said when the program leaves', async () => {
    const webManager = { listenAddr: urls.client.slice('http://'.length) };
    const lab = await startLab({ paths, engine: 'linux', client: { webManager } });
    try {
      const { client } = lab;
      const program = client.program!;
      await program.waitForOutput('web interface: ');
      await fillDisk(client, dirname(lab.file));
      const file = await inside(client, ['cat', lab.file]);
      const pings = startPings({ namespace: client.namespace, to: tunnel.server.ipv4 });
      await pings.untilAnswered(1);
      const url = `${urls.client}/api/v2`;
      expect(await postJson(client.namespace, `${url}/paths/c2/exclude`)).toMatchObject({ status: 200 });
      const { status, body } = await postJson(client.namespace, `${url}/exclusions/keep`);
      expect(`${status} ${body}`).toMatch(/^4\d\d .*"cannot-keep".*ENOSPC/);
      expect(await postJson(client.namespace, `${url}/paths/c2/include`)).toMatchObject({ status: 200 });
      expect(await inside(client, ['cat', lab.file])).toBe(file);
      await pings.untilAnswered(100);
      const report = await pings.stop();
      expect(report.lost).toEqual([]);
      expect(await program.stop()).toMatchObject({ code: 0 });
      expect(program.output).toMatch(/Cannot keep the history in .*: ENOSPC/);
    } finally {
      await lab.stop();
    }
  });
});

describe.skipIf(programObstacle !== null)(titled('the memory of sockets', programObstacle), () => {
  test('is said to be too small when datagrams are lost by it, with what to raise', async () => {
    const stage = new Stage();
    const host = new Namespace('small');
    try {
      await host.ip(
        'link set lo up',
        'link add u0 type veth peer name u1',
        'addr add 192.0.2.1/24 dev u0',
        'link set u0 up',
        'link set u1 up',
      );
      const file = stage.file({ client: { listenAddr: '127.0.0.1:59401', dstAddr: '192.0.2.2:59402' } });
      // This machine's own limit may have been raised.
      writeFileSync(join(stage.folder, 'limit'), '212992\n');
      const small = `mount --bind ${join(stage.folder, 'limit')} /proc/sys/net/core/rmem_max && exec "$@"`;
      const before = ['unshare', '--mount', 'sh', '-c', small, 'sh', ...asNobody];
      const client = stage.start(host, 'client', file, 'linux', before);
      await client.waitForOutput('path u0 is open');
      const wireguard = await stage.peer(host, '127.0.0.1', 0);
      // Stopped, it reads nothing: a megabyte and a half does not fit into what an ordinary user's socket may hold.
      process.kill(client.pid!, 'SIGSTOP');
      for (let number = 0; number < 1_200; number += 1) {
        wireguard.send(transportData(1_400, number), 59401, '127.0.0.1');
      }
      await client.waitFor('a full socket', async () => (await dropsAt(host, 59401)) > 0);
      process.kill(client.pid!, 'SIGCONT');
      await client.waitForOutput(
        /\d+ datagrams lost at the socket on port 59401: .*raise net\.core\.rmem_max from 212992 to 4194304/,
      );
    } finally {
      await stage.end();
      host.remove();
      stage.remove();
    }
  });
});

describe.skipIf(programObstacle !== null)(titled('a link that corrupts every copy', programObstacle), () => {
  test.each(engines)(
    'costs no packet: the other links bring theirs unharmed, on the %s engine',
    async (engine) => {
      const webManager = (side: Side) => ({ webManager: { listenAddr: urls[side].slice('http://'.length) } });
      const lab = await startLab({
        paths,
        engine,
        client: webManager('client'),
        server: webManager('server'),
      });
      try {
        // Segments must be packets of their own before something is written into them.
        await carrySingly(lab.topology);
        const counts = await Promise.all(sides.map((side) => corrupt(lab[side], interfaceName(side, 0))));
        const pings = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4 });
        await lab.client.program!.waitFor('corrupt copies', async () => {
          const made = await Promise.all(counts.map((count) => count()));
          return made.every((number) => number > 500);
        });
        const report = await pings.stop();
        const differing = await Promise.all(sides.map((side) => differingAt(lab[side], urls[side])));
        console.log(
          `corrupt, ${engine} engine: ${report.lost.length} of ${report.sent} pings lost; copies found to differ ${differing.join(', ')}`,
        );
        expect(report.lost).toEqual([]);
        expect(report.duplicates).toBe(0);
        for (const number of differing) expect(number).toBeGreaterThan(100);
      } finally {
        await lab.stop();
      }
    },
  );
});

/** Leaves a program no descriptor more; the result gives them back. prlimit(1), the soft limit only. */
async function useUpDescriptors({ pid }: Program): Promise<() => Promise<unknown>> {
  const limit = (soft: string) => runCommand('prlimit', ['--pid', String(pid), `--nofile=${soft}:`]);
  const [, soft] = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))!;
  await limit(String(lowestFree(readdirSync(`/proc/${pid}/fd`).map(Number))));
  return () => limit(soft!);
}

/** The kernel gives the lowest free number, and none from the limit on. */
function lowestFree(used: readonly number[]): number {
  let free = 0;
  while (used.includes(free)) free += 1;
  return free;
}

/** So many strangers' handshakes, from ports of their own; each would have a socket towards WireGuard. */
async function knock(namespace: Namespace, count: number): Promise<void> {
  const code = `
    const { createSocket } = require('node:dgram');
    for (let i = 0; i < ${count}; i++) {
      const socket = createSocket('udp4');
      const initiation = require('node:crypto').randomBytes(148);
      initiation.writeUInt32LE(1, 0);
      socket.send(initiation, ${serverPort}, '${stableAddress.ipv4}', () => socket.close());
    }`;
  await namespace.run(process.execPath, ['-e', code]);
}

/** Gives a program, and nobody else, a small disk in place of a folder, with its files on it and no room left. */
async function fillDisk(host: Host, folder: string): Promise<void> {
  const script = `
    cp ${folder}/engarde.yml /tmp/engarde-kept.$$
    mount -t tmpfs -o size=${diskBytes},mode=755 tmpfs ${folder}
    mv /tmp/engarde-kept.$$ ${folder}/engarde.yml
    head -c ${2 * diskBytes} /dev/zero > ${folder}/ballast 2>/dev/null || true`;
  await inside(host, ['sh', '-ec', script]);
}

/** In the mount namespace of the host's program. */
function inside({ program }: Host, command: readonly string[]): Promise<string> {
  return runCommand('nsenter', ['-t', String(program!.pid), '-m', ...command]);
}

async function dropsAt(host: Namespace, port: number): Promise<number> {
  const rows = (await host.run('cat', ['/proc/net/udp'])).trim().split('\n').slice(1);
  const hex = `:${port.toString(16).toUpperCase()}`;
  const own = rows.map((row) => row.trim().split(/\s+/)).filter((columns) => columns[1]!.endsWith(hex));
  return own.reduce((sum, columns) => sum + Number(columns.at(-1)), 0);
}

/**
 * Writes into each UDP datagram that arrives: of every second one into the counter, else into what is sealed (nftables,
 * offsets in bits from the UDP header). The result tells how many.
 */
async function corrupt({ namespace }: Host, interfaceName: string): Promise<() => Promise<number>> {
  const arriving = `iifname "${interfaceName}" udp length > 48`;
  const rules = [
    `${arriving} numgen inc mod 2 == 0 @th,128,32 set 0x00c0ffee counter accept`,
    `${arriving} @th,256,32 set 0x0badf00d counter`,
  ].join('\n');
  const chain = `chain arriving { type filter hook prerouting priority raw\n${rules}\n}`;
  await namespace.run('nft', ['-f', '-'], { input: `table inet corrupt { ${chain}\n}\n` });
  return async () => {
    const listed = await namespace.run('nft', ['list', 'table', 'inet', 'corrupt']);
    return [...listed.matchAll(/counter packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
}

async function differingAt({ namespace }: Host, url: string): Promise<number> {
  const { body } = await request(namespace, `${url}/metrics`);
  const lines = body.split('\n').filter((line) => /^[^#]*differing_packets/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
