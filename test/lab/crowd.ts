/**
 * Many clients on one port: each a host of its own with its own links, its own rengarde-client and a real
 * WireGuard; one rengarde-server and one WireGuard with a peer for each. Links as in topology.ts, numbered on:
 *
 *     client 0  wireguard-go -> rengarde-client  c0, c1, c2 ====.
 *     client 1  wireguard-go -> rengarde-client  c3, c4, c5 =====:== rengarde-server 10.99.0.1:59402
 *     ...                                                       :       `-> wireguard-go 127.0.0.1:59301
 *
 * In the tunnel client k is 10.88.k+1.1 and the server 10.88.0.2.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Faults } from './faults.ts';
import {
  awaitTunnel,
  clientPort,
  type Engine,
  programFile,
  serverPort,
  serverThreads,
  tunnel,
  wireguardPort,
} from './lab.ts';
import { Program } from './program.ts';
import { type Side, stableAddress, Topology } from './topology.ts';
import { generateKeys, type KeyPair, startWireguard } from './wireguard.ts';

const tunnelMtu = 1_380;
const linkMtu = 1_500;

export interface CrowdOptions {
  readonly clients: number;
  /** Links of each client. */
  readonly paths: number;
  readonly engine: Engine;
  /** Whether the server's file has WireGuard's public key. */
  readonly hasPublicKey?: boolean;
  /** More keys for `server:` of engarde.yml. */
  readonly server?: Readonly<Record<string, unknown>>;
}

/** One client: its host and links are the topology's. */
export interface CrowdClient {
  readonly topology: Topology;
  readonly faults: Faults;
  /** Makes its WireGuard begin anew: the next packet asks for new keys. */
  forgetKeys(): Promise<void>;
}

export interface Crowd {
  readonly clients: readonly CrowdClient[];
  readonly server: Program;
  /** Kills the server; resolves with the next one when that listens. */
  restartServer(): Promise<Program>;
  /** Ends all programs and removes everything; throws if a program had ended by itself. */
  stop(): Promise<void>;
}

/** Builds it all; resolves when every client has had an answer through its tunnel. */
export async function startCrowd(options: CrowdOptions): Promise<Crowd> {
  const folder = mkdtempSync(join(tmpdir(), 'rengarde-crowd-'));
  const topologies: Topology[] = [];
  const programs: Program[] = [];
  const remove = async () => {
    await Promise.all(programs.map((program) => program.stop()));
    for (const topology of topologies) topology.remove();
    rmSync(folder, { recursive: true, force: true });
  };

  async function startProgram(side: Side, topology: Topology, port: number): Promise<Program> {
    const args = [programFile(side), join(folder, 'engarde.yml')];
    const environment = { RENGARDE_ENGINE: options.engine };
    const program = new Program(topology.host(side), process.execPath, args, environment);
    programs.push(program);
    await program.waitForUdpPort(port);
    return program;
  }

  async function startServer(clientKeys: readonly KeyPair[], keys: KeyPair): Promise<Program> {
    const { publicKey } = keys;
    const server = {
      listenAddr: `0.0.0.0:${serverPort}`,
      dstAddr: `127.0.0.1:${wireguardPort}`,
      ...(options.hasPublicKey && { wireguardPublicKey: publicKey }),
      ...serverThreads,
      ...options.server,
    };
    const client = {
      listenAddr: `127.0.0.1:${clientPort}`,
      dstAddr: `${stableAddress.ipv4}:${serverPort}`,
    };
    writeFileSync(join(folder, 'engarde.yml'), JSON.stringify({ client, server }));
    const [peer, ...otherPeers] = clientKeys.map((client, number) => ({
      publicKey: client.publicKey,
      allowedIps: [tunnelAddress(number)],
    }));
    const wireguard = await startWireguard({
      namespace: topologies[0]!.server,
      keys,
      listenPort: wireguardPort,
      addresses: [`${tunnel.server.ipv4}/16`],
      mtu: tunnelMtu,
      peer: peer!,
      otherPeers,
    });
    programs.push(wireguard.program);
    return startProgram('server', topologies[0]!, serverPort);
  }

  async function startClient(number: number, keys: KeyPair, publicKey: string): Promise<CrowdClient> {
    const topology = topologies[number]!;
    await startProgram('client', topology, clientPort);
    const wireguard = await startWireguard({
      namespace: topology.client,
      keys,
      listenPort: 0,
      addresses: [`${tunnelAddress(number)}/16`],
      mtu: tunnelMtu,
      peer: { publicKey, allowedIps: [tunnel.server.ipv4], endpoint: `127.0.0.1:${clientPort}` },
    });
    programs.push(wireguard.program);
    await awaitTunnel(topology.client, programs);
    return {
      topology,
      faults: new Faults(topology),
      forgetKeys: async () => {
        const { interfaceName } = wireguard;
        await topology.client.ip(`link set ${interfaceName} down`, `link set ${interfaceName} up`);
      },
    };
  }

  try {
    for (let number = 0; number < options.clients; number += 1) {
      const beside = topologies.at(-1);
      const shared = { paths: options.paths, linkMtu, stableAddress: true };
      topologies.push(await Topology.create(beside === undefined ? shared : { ...shared, beside }));
    }
    const serverKeys = await generateKeys();
    const clientKeys = await Promise.all(topologies.map(() => generateKeys()));
    const server = await startServer(clientKeys, serverKeys);
    const clients = await Promise.all(
      clientKeys.map((keys, number) => startClient(number, keys, serverKeys.publicKey)),
    );
    return {
      clients,
      server,
      async restartServer() {
        await server.stop('SIGKILL');
        return startProgram('server', topologies[0]!, serverPort);
      },
      async stop() {
        const failures = programs.flatMap((program) => program.unexpectedEnd ?? []);
        await remove();
        if (failures.length > 0) throw new Error(failures.join('\n'));
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

function tunnelAddress(client: number): string {
  return `10.88.${client + 1}.1`;
}
