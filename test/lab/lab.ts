/**
 * The lab: the network of topology.ts, a real WireGuard on either host and, unless bare, the two built
 * programs between them:
 *
 *     wireguard-go -> 127.0.0.1:59401 rengarde-client ==== paths ==== rengarde-server 0.0.0.0:59402
 *     10.88.0.1, fd88::1                                    127.0.0.1:59301 wireguard-go <-'
 *                                                           10.88.0.2, fd88::2
 *
 * Bare, the client's WireGuard speaks directly to 10.99.0.1:59301, which leaves by path 0.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { Faults } from './faults.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import { pathAddress, type Side, stableAddress, Topology } from './topology.ts';
import { generateKeys, startWireguard, type Wireguard } from './wireguard.ts';

export type Engine = 'linux' | 'portable';

export const clientPort = 59401;
export const serverPort = 59402;
export const wireguardPort = 59301;
/** WireGuard repeats an unanswered handshake after 5 s: time for a few of them. */
const firstPingTimeoutSeconds = 20;

export const tunnel = {
  client: { ipv4: '10.88.0.1', ipv6: 'fd88::1' },
  server: { ipv4: '10.88.0.2', ipv6: 'fd88::2' },
} as const;

export interface LabOptions {
  /** Number of links, 3 unless told otherwise. */
  readonly paths?: number;
  /** Which engine both programs use; `bare` runs WireGuard without them, on path 0. */
  readonly engine: Engine | 'bare';
  /** The command of another relay, to stand in the place of rengarde's programs. */
  readonly relay?: (side: Side) => readonly [command: string, ...args: string[]];
  /**
   * `stable`: all links lead to one address of the server. `overrides`: each link leads to another address,
   * path 0's as `dstAddr`, the others' by `dstOverrides`.
   */
  readonly destination?: 'stable' | 'overrides';
  /** IP version between the two programs, 4 unless told otherwise. */
  readonly ipVersion?: 4 | 6;
  /** MTU in bytes of the links, and of the tunnel: 1500 and 1380 unless told otherwise. */
  readonly linkMtu?: number;
  readonly tunnelMtu?: number;
  /** More keys for `client:` and `server:` of engarde.yml. */
  readonly client?: Readonly<Record<string, unknown>>;
  readonly server?: Readonly<Record<string, unknown>>;
}

/** One end of the tunnel: its namespace, its WireGuard and, unless bare, its rengarde program. */
export interface Host {
  readonly namespace: Namespace;
  readonly wireguard: Wireguard;
  readonly program: Program | null;
  /** Ends the program and starts it again from the same file; resolves before the new one is ready. */
  restart(signal: NodeJS.Signals): Promise<Program>;
}

export interface Lab {
  readonly topology: Topology;
  readonly faults: Faults;
  readonly client: Host;
  readonly server: Host;
  /** engarde.yml of both programs, which follow its changes. */
  readonly file: string;
  /** Ends all programs and removes everything; throws if a program had ended by itself. */
  stop(): Promise<void>;
}

/** The file of a built program; RENGARDE_LAB_BIN names another folder than dist/bin. */
export function programFile(side: Side): string {
  return resolve(process.env.RENGARDE_LAB_BIN ?? 'dist/bin', `rengarde-${side}.js`);
}

/** Builds the lab; resolves when the first ping through the tunnel has been answered. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const topology = await Topology.create({
    paths: options.paths ?? 3,
    linkMtu: options.linkMtu ?? 1500,
    stableAddress: options.destination !== 'overrides',
  });
  const folder = mkdtempSync(join(tmpdir(), 'rengarde-lab-'));
  const programs: Program[] = [];
  const stop = async () => {
    await Promise.all(programs.map((program) => program.stop()));
    topology.remove();
    rmSync(folder, { recursive: true, force: true });
  };

  const file = join(folder, 'engarde.yml');
  writeFileSync(file, stringify(configuration(options)));

  function launch(side: Side): Program {
    const environment = { RENGARDE_ENGINE: options.engine, STATE_DIRECTORY: folder };
    const [command, ...args] = options.relay?.(side) ?? [process.execPath, programFile(side), file];
    const program = new Program(topology.host(side), command, args, environment);
    programs.push(program);
    return program;
  }

  async function startProgram(side: Side, port: number): Promise<Program | null> {
    if (options.engine === 'bare') return null;
    const program = launch(side);
    await program.waitForUdpPort(port);
    return program;
  }

  function hostOf(side: Side, wireguard: Wireguard, first: Program | null): Host {
    let program = first;
    return {
      namespace: topology.host(side),
      wireguard,
      get program() {
        return program;
      },
      async restart(signal) {
        await program?.stop(signal);
        program = launch(side);
        return program;
      },
    };
  }

  async function startHosts(): Promise<[client: Host, server: Host]> {
    const [clientKeys, serverKeys] = await Promise.all([generateKeys(), generateKeys()]);
    const mtu = options.tunnelMtu ?? 1380;
    const serverWireguard = await startWireguard({
      namespace: topology.server,
      keys: serverKeys,
      listenPort: wireguardPort,
      addresses: addressesOf('server'),
      mtu,
      peer: { publicKey: clientKeys.publicKey, allowedIps: Object.values(tunnel.client) },
    });
    programs.push(serverWireguard.program);
    const serverProgram = await startProgram('server', serverPort);
    const clientProgram = await startProgram('client', clientPort);
    const bareEndpoint = `${stableAddress.ipv4}:${wireguardPort}`;
    const endpoint = options.engine === 'bare' ? bareEndpoint : `127.0.0.1:${clientPort}`;
    const clientWireguard = await startWireguard({
      namespace: topology.client,
      keys: clientKeys,
      listenPort: 0,
      addresses: addressesOf('client'),
      mtu,
      peer: { publicKey: serverKeys.publicKey, allowedIps: Object.values(tunnel.server), endpoint },
    });
    programs.push(clientWireguard.program);
    return [
      hostOf('client', clientWireguard, clientProgram),
      hostOf('server', serverWireguard, serverProgram),
    ];
  }

  try {
    const [client, server] = await startHosts();
    await awaitTunnel(topology.client, programs);
    return {
      topology,
      faults: new Faults(topology),
      client,
      server,
      file,
      async stop() {
        const failures = programs.flatMap((program) => program.unexpectedEnd ?? []);
        await stop();
        if (failures.length > 0) throw new Error(failures.join('\n'));
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `RENGARDE_LAB_THREADS=2` has every server of the lab carry on so many threads: part of `server:` in engarde.yml. */
export const serverThreads: { threads?: number } =
  process.env.RENGARDE_LAB_THREADS === undefined ? {} : { threads: Number(process.env.RENGARDE_LAB_THREADS) };

function addressesOf(side: Side): string[] {
  return [`${tunnel[side].ipv4}/24`, `${tunnel[side].ipv6}/64`];
}

/** One file with both parts, as users copy it to both hosts. */
function configuration(options: LabOptions): Record<string, unknown> {
  const isIpv6 = options.ipVersion === 6;
  const withPort = ({ ipv4, ipv6 }: { ipv4: string; ipv6: string }) =>
    isIpv6 ? `[${ipv6}]:${serverPort}` : `${ipv4}:${serverPort}`;
  const others = Array.from({ length: (options.paths ?? 3) - 1 }, (_, index) => index + 1);
  const destinations =
    options.destination === 'overrides'
      ? {
          dstAddr: withPort(pathAddress('server', 0)),
          dstOverrides: others.map((path) => ({
            ifName: `c${path}`,
            dstAddr: withPort(pathAddress('server', path)),
          })),
        }
      : { dstAddr: withPort(stableAddress) };
  return {
    client: { listenAddr: `127.0.0.1:${clientPort}`, ...destinations, ...options.client },
    server: {
      listenAddr: isIpv6 ? `[::]:${serverPort}` : `0.0.0.0:${serverPort}`,
      dstAddr: `127.0.0.1:${wireguardPort}`,
      ...serverThreads,
      ...options.server,
    },
  };
}

/** Pings until the first answer, then stops; a failure shows what every program said. */
export async function awaitTunnel(client: Namespace, programs: readonly Program[]): Promise<void> {
  const wait = String(firstPingTimeoutSeconds);
  const args = ['-n', '-c', '1', '-i', '0.2', '-w', wait, tunnel.server.ipv4];
  try {
    await client.run('ping', args, { timeoutMs: (firstPingTimeoutSeconds + 10) * 1000 });
  } catch (error) {
    const outputs = programs.map((program) => `--- ${program.title}\n${program.output.trim() || '(none)'}`);
    throw new Error(`No answer through the tunnel\n${outputs.join('\n')}`, { cause: error });
  }
}
