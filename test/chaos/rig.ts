/**
 * All that a chaos run happens to: the network of test/lab/topology.ts with three paths, a fourth through wire.ts,
 * a name server, state directories on disks of their own, both programs and a real WireGuard on either side.
 *
 *     wireguard-go -> rengarde-client  c0, c1, c2 ======== veth ======== s0, s1, s2  rengarde-server -> wireguard-go
 *     10.88.0.1       |             '- c3 --- tap -- wire.ts -- tap --- s3 -'                          10.88.0.2
 *                     '- name-server.ts: far.lab.test is 10.99.0.1 or fd99::1
 *
 * And guest.ts: a second client with links of its own to the same server, 10.88.0.3.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Faults } from '../lab/faults.ts';
import { awaitTunnel, clientPort, type Engine, serverPort, tunnel, wireguardPort } from '../lab/lab.ts';
import { interfaceName, type Side, sides, stableAddress, Topology } from '../lab/topology.ts';
import { generateKeys } from '../lab/wireguard.ts';
import { Guest, guestAddress } from './guest.ts';
import { Host, managerPorts } from './host.ts';
import { guardPaths, wirePath } from './kinds.ts';
import { WireLink } from './wire-link.ts';

const tunnelMtu = 1_380;
const diskSize = '1m';
const serverName = 'far.lab.test';
/** The links that lead to the server's other address when both families are in use: one that is relied upon, and c3. */
const ipv6Links = [1, wirePath];

/** What the two programs speak to each other; `mixed`: some links this, some that. */
export const families = ['ipv4', 'ipv6', 'mixed'] as const;
export type Family = (typeof families)[number];

export interface RigOptions {
  readonly engine: Engine;
  readonly family: Family;
  readonly seed: number;
  /** Where the programs' logs go. */
  readonly logFolder: string;
}

/** What the file of a side says; `rewrite` in faults/files.ts changes it. */
export type Configuration = Record<string, unknown>;

export class Rig {
  readonly topology: Topology;
  readonly faults: Faults;
  readonly folder = mkdtempSync(join(tmpdir(), 'rengarde-chaos-'));
  /** libfaketime's library; undefined: it is not installed, and no clock can jump. */
  readonly fakeTime = findFakeTime();
  readonly configurations: Record<Side, Configuration>;
  #hosts: Record<Side, Host> | undefined;
  #wire: WireLink | undefined;
  #guest: Guest | undefined;
  #nameServer: ReturnType<Topology['client']['spawn']> | undefined;
  readonly #family: Family;
  readonly #unmount = () => {
    for (const side of sides) spawnSync('umount', ['--lazy', this.state(side)]);
  };

  private constructor(topology: Topology, family: Family) {
    this.topology = topology;
    this.#family = family;
    this.faults = new Faults(topology);
    const manager = (side: Side) => ({ listenAddr: `127.0.0.1:${managerPorts[side]}` });
    this.configurations = {
      client: {
        listenAddr: `127.0.0.1:${clientPort}`,
        dstAddr: `${serverName}:${serverPort}`,
        ...(family === 'mixed' && {
          dstOverrides: ipv6Links.map((path) => ({
            ifName: interfaceName('client', path),
            dstAddr: `[${stableAddress.ipv6}]:${serverPort}`,
          })),
        }),
        includedInterfaces: [`+c${wirePath}`],
        webManager: manager('client'),
      },
      server: {
        listenAddr: family === 'ipv4' ? `0.0.0.0:${serverPort}` : `[::]:${serverPort}`,
        dstAddr: `127.0.0.1:${wireguardPort}`,
        webManager: manager('server'),
      },
    };
  }

  /** Builds it all; resolves when a ping through the tunnel has been answered. */
  static async build(options: RigOptions): Promise<Rig> {
    const paths = guardPaths.length;
    const rig = new Rig(
      await Topology.create({ paths, linkMtu: 1_500, stableAddress: true }),
      options.family,
    );
    try {
      await rig.#fill(options);
      return rig;
    } catch (error) {
      await rig.remove();
      throw error;
    }
  }

  host(side: Side): Host {
    return this.#hosts![side];
  }

  /** The second client. */
  get guest(): Guest {
    return this.#guest!;
  }

  get wire(): WireLink {
    return this.#wire!;
  }

  /** The disk with a side's state directory and file. */
  state(side: Side): string {
    return join(this.folder, side);
  }

  /** The file by which a side's clock is moved: an offset in seconds, "+3600". */
  clockFile(side: Side): string {
    return join(this.folder, `${side}-clock`);
  }

  /** `answer`, `silent`, `failing` or `denying`; `gone`: nobody listens there. */
  async setNameServer(mood: string): Promise<void> {
    if (mood === 'gone') {
      this.#nameServer?.kill('SIGKILL');
      this.#nameServer = undefined;
    } else if (this.#nameServer === undefined) await this.#startNameServer();
    this.#nameServer?.stdin?.write(`${mood}\n`);
  }

  /** What every program that ended by itself left. */
  unexpectedEnds(): string[] {
    return sides
      .flatMap((side) => this.#hosts?.[side].programs ?? [])
      .concat(this.#guest?.host.programs ?? [])
      .flatMap((one) => one.unexpectedEnd ?? []);
  }

  /** Ends all programs and removes everything. Twice does no harm. */
  async remove(): Promise<void> {
    const hosts = this.#hosts;
    if (hosts !== undefined) await Promise.all(sides.map((side) => hosts[side].stop()));
    await this.#guest?.leave();
    this.#nameServer?.kill('SIGKILL');
    this.#wire?.stop();
    rmSync(`/etc/netns/${this.topology.client.name}`, { recursive: true, force: true });
    this.topology.remove();
    this.#unmount();
    process.off('exit', this.#unmount);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #fill({ engine, seed, logFolder }: RigOptions): Promise<void> {
    process.once('exit', this.#unmount);
    const { topology } = this;
    await this.#useNames();
    for (const side of sides) {
      mkdirSync(this.state(side));
      spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskSize}`, 'tmpfs', this.state(side)]);
      writeFileSync(
        join(this.state(side), 'engarde.yml'),
        JSON.stringify({ [side]: this.configurations[side] }),
      );
      writeFileSync(this.clockFile(side), '+0');
      // What is meant for the tunnel must not find another way while its device is away.
      await topology.host(side).ip('route add unreachable 10.88.0.0/24 metric 4000000');
    }
    this.#wire = await WireLink.plugIn(topology, seed);
    const [client, server, guest] = await Promise.all([generateKeys(), generateKeys(), generateKeys()]);
    const keys = { client, server };
    const hostOf = (side: Side) => {
      const peer = side === 'client' ? 'server' : 'client';
      const endpoint = side === 'client' ? { endpoint: `127.0.0.1:${clientPort}` } : {};
      return new Host({
        side,
        namespace: topology.host(side),
        engine,
        file: join(this.state(side), 'engarde.yml'),
        logFile: join(logFolder, `${side}.log`),
        environment: { STATE_DIRECTORY: this.state(side), ...this.#clockEnvironment(side) },
        wireguard: {
          namespace: topology.host(side),
          keys: keys[side],
          listenPort: side === 'client' ? 0 : wireguardPort,
          addresses: [`${tunnel[side].ipv4}/24`],
          mtu: tunnelMtu,
          peer: { publicKey: keys[peer].publicKey, allowedIps: [tunnel[peer].ipv4], ...endpoint },
          ...(side === 'server' && {
            otherPeers: [{ publicKey: guest.publicKey, allowedIps: [guestAddress] }],
          }),
        },
      });
    };
    this.#hosts = { client: hostOf('client'), server: hostOf('server') };
    await this.#hosts.server.startWireguard();
    await this.#hosts.server.start();
    await this.#hosts.client.start();
    await this.#hosts.client.startWireguard();
    await awaitTunnel(topology.client, [...this.#hosts.client.programs, ...this.#hosts.server.programs]);
    const address = this.#family === 'ipv6' ? `[${stableAddress.ipv6}]` : stableAddress.ipv4;
    this.#guest = await Guest.arrive({
      beside: topology,
      engine,
      destination: `${address}:${serverPort}`,
      keys: guest,
      serverKey: server.publicKey,
      tunnelMtu,
      folder: this.folder,
      logFolder,
    });
  }

  /** ip-netns(8): these files take the place of those in /etc for what runs inside. */
  async #useNames(): Promise<void> {
    const etc = `/etc/netns/${this.topology.client.name}`;
    mkdirSync(etc, { recursive: true });
    writeFileSync(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
    await this.#startNameServer();
  }

  async #startNameServer(): Promise<void> {
    const args = [
      '--import',
      'tsx',
      `${import.meta.dirname}/name-server.ts`,
      stableAddress[this.#family === 'ipv6' ? 'ipv6' : 'ipv4'],
    ];
    const child = this.topology.client.spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#nameServer = child;
    await new Promise((resolve) => createInterface({ input: child.stdout! }).once('line', resolve));
  }

  /** Only the time of day is moved; the monotonic clock is the machine's own, as when somebody sets the time. */
  #clockEnvironment(side: Side): NodeJS.ProcessEnv {
    if (this.fakeTime === undefined) return {};
    return {
      LD_PRELOAD: this.fakeTime,
      FAKETIME_TIMESTAMP_FILE: this.clockFile(side),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }
}

/** Debian's package libfaketime puts it below the architecture's own folder. */
function findFakeTime(): string | undefined {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return folders
    .map((folder) => `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`)
    .find((file) => existsSync(file));
}
