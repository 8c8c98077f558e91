/**
 * Least privilege: the programs as their service units run them, as an ordinary user with CAP_NET_RAW and nothing
 * else, carry a tunnel over two links, and could do no more than that. Links as in topology.ts; WireGuard is two bare
 * sockets (udp-peer.ts).
 */
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientPort, serverPort, wireguardPort } from './lab.ts';
import type { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { Stage } from './stage.ts';
import { type Side, sides, stableAddress, Topology } from './topology.ts';
import { transportData, type UdpPeer } from './udp-peer.ts';

const user = 65_534;
const paths = 2;
/** capabilities(7): 13. */
const CAP_NET_RAW = 1n << 13n;
const managerPorts = { client: 9001, server: 9002 } as const;

/** As AmbientCapabilities=, CapabilityBoundingSet=, NoNewPrivileges= and DynamicUser= do (man 1 setpriv). */
const asService = [
  'setpriv',
  `--reuid=${user}`,
  `--regid=${user}`,
  '--clear-groups',
  '--no-new-privs',
  '--inh-caps=-all,+net_raw',
  '--ambient-caps=-all,+net_raw',
  '--bounding-set=-all,+net_raw',
];

/** As ProtectSystem=strict and StateDirectory= do: one folder to write to, everything else is read-only. */
function readOnlyBut(folder: string): string[] {
  const mounts = `mount --bind ${folder} ${folder} && mount -o remount,ro,bind / && exec "$@"`;
  return ['unshare', '--mount', 'sh', '-c', mounts, 'sh'];
}

describe.skipIf(programObstacle !== null)(titled('programs with CAP_NET_RAW alone', programObstacle), () => {
  const stage = new Stage();
  let topology: Topology;
  let programs: Record<Side, Program>;
  let near: UdpPeer;
  let far: UdpPeer;

  beforeAll(async () => {
    topology = await Topology.create({ paths, linkMtu: 1_500, stableAddress: true });
    const webManager = (side: Side) => ({ listenAddr: `127.0.0.1:${managerPorts[side]}` });
    const file = stage.file({
      client: {
        listenAddr: `127.0.0.1:${clientPort}`,
        dstAddr: `${stableAddress.ipv4}:${serverPort}`,
        webManager: webManager('client'),
      },
      server: {
        listenAddr: `0.0.0.0:${serverPort}`,
        dstAddr: `127.0.0.1:${wireguardPort}`,
        webManager: webManager('server'),
      },
    });
    chmodSync(file, 0o644);
    far = await stage.peer(topology.server, '127.0.0.1', wireguardPort);
    const start = (side: Side) => {
      mkdirSync(stateOf(side), { mode: 0o700 });
      chownSync(stateOf(side), user, user);
      const before = ['env', `STATE_DIRECTORY=${stateOf(side)}`, ...readOnlyBut(stateOf(side)), ...asService];
      return stage.start(topology.host(side), side, file, 'linux', before);
    };
    const server = start('server');
    await server.waitForUdpPort(serverPort);
    const client = start('client');
    programs = { client, server };
    for (const path of topology.paths) await client.waitForOutput(`path c${path} is open`);
    for (const side of sides) await programs[side].waitForOutput('web interface: ');
    near = await stage.peer(topology.client, '127.0.0.1', 0);
  });
  afterAll(async () => {
    await stage.end();
    topology?.remove();
    stage.remove();
  });

  const stateOf = (side: Side) => join(stage.folder, `state-${side}`);

  test('carry both ways, each link bound to its device', async () => {
    const arrived = await near.sendUntil(clientPort, '127.0.0.1', far);
    await far.sendUntil(arrived.port, '127.0.0.1', near);
    const sockets = await topology.client.run('ss', ['-Huan']);
    for (const path of topology.paths) expect(sockets).toMatch(new RegExp(`10\\.77\\.${path}\\.1%c${path}:`));
    expect(programs.client.output).toContain('(linux engine)');
    expect(programs.client.output).not.toContain('"level":50');
  });

  test('take datagrams on the links from the server alone', async () => {
    const sockets = await topology.client.run('ss', ['-Huan']);
    const port = Number(/10\.77\.0\.1%c0:(\d+)\s+10\.99\.0\.1:59402/.exec(sockets)![1]);
    const stranger = await stage.peer(topology.server, stableAddress.ipv4, 0);
    const before = near.received.length;
    const marked = 333;
    for (let number = 0; number < 20; number += 1) {
      stranger.send(transportData(marked, number), port, '10.77.0.1');
    }
    // What was sent after them has gone all the way: theirs would be there.
    const arrived = await near.sendUntil(clientPort, '127.0.0.1', far);
    await far.sendUntil(arrived.port, '127.0.0.1', near);
    expect(near.received.slice(before).filter(({ bytes }) => bytes === marked)).toEqual([]);
  });

  test.each(sides)('hold no other capability in any thread, and can get none: the %s', (side) => {
    const { pid } = programs[side];
    const threads = readdirSync(`/proc/${pid}/task`);
    expect(threads.length).toBeGreaterThan(3);
    for (const thread of threads) {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
        expect(capabilities(status, set), `${set} of thread ${thread}`).toBe(CAP_NET_RAW);
      }
      expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
      expect(status).toMatch(new RegExp(`^Uid:${`\\s+${user}`.repeat(4)}$`, 'm'));
    }
  });

  test.each(sides)('have no file open to write but their own output and devices: the %s', (side) => {
    const { pid } = programs[side];
    const open = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
        const flags = Number.parseInt(
          /flags:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))![1]!,
          8,
        );
        return (flags & 3) === 0 ? [] : [target];
      } catch {
        return []; // closed between the listing and the look
      }
    });
    const files = open.filter((target) => !/^(socket|pipe|anon_inode):/.test(target));
    expect(files.filter((target) => target !== '/dev/null')).toEqual([]);
    expect(open.length).toBeGreaterThan(3);
  });

  test.each(sides)('need no folder to write to but their state directory: the %s', async (side) => {
    const before = listing(stage.folder);
    await programs[side].stop();
    const written = readdirSync(stateOf(side));
    expect(written).toEqual([expect.stringMatching(new RegExp(`^history-${side}-`))]);
    expect(statSync(join(stateOf(side), written[0]!)).mode & 0o777).toBe(0o600);
    expect(listing(stage.folder)).toEqual(before);
    expect(programs[side].output).not.toMatch(/EACCES|EPERM|EROFS/);
  });
});

function capabilities(status: string, set: string): bigint {
  return BigInt(`0x${new RegExp(`^${set}:\\s+(\\w+)$`, 'm').exec(status)![1]}`);
}

/** Everything but what is in the state directories. */
function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => !/^state-\w+\/./.test(name))
    .sort();
}
