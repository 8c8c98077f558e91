/**
 * What a soak consists of: network, both programs with their probes, and the two ends that make the load.
 *
 *     client's namespace                                       server's namespace
 *     clients.mjs, client 0 -> rengarde-client ==.             .=> sessions-host.mjs, 127.0.0.1:59301,
 *     clients.mjs, clients 1 to 99 ==============: c0, c1, c2 :    sends every packet back
 *                                                '== links ==> rengarde-server 10.99.0.1:59402
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Faults } from '../lab/faults.ts';
import { clientPort, type Engine, programFile, serverPort, wireguardPort } from '../lab/lab.ts';
import { Program } from '../lab/program.ts';
import { interfaceName, pathAddress, type Side, sides, stableAddress, Topology } from '../lab/topology.ts';

const paths = 3;
const lengthBytes = 1_400;
/** The host ends when nothing has come for so long; the machine may have other things to do meanwhile. */
export const hostIdleMs = 10_000;
export const managerPorts = { client: 9001, server: 9002 } as const;
const root = resolve(import.meta.dirname, '../..');

export interface RigOptions {
  /** Of all sessions, both ways together. */
  readonly packetsPerSecond: number;
  readonly sessions: number;
  readonly engine: Engine;
}

export class Rig {
  readonly topology: Topology;
  readonly faults: Faults;
  readonly #options: RigOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'rengarde-soak-'));
  readonly #running: Program[] = [];

  /** What sends every packet back. */
  host!: Program;
  programs!: Readonly<Record<Side, Program>>;

  /** Builds it; the programs serve and the client's links are open when this resolves. */
  static async build(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options, await Topology.create({ paths, linkMtu: 1_500, stableAddress: true }));
    try {
      await rig.#start();
      return rig;
    } catch (error) {
      await rig.remove();
      throw error;
    }
  }

  private constructor(options: RigOptions, topology: Topology) {
    this.#options = options;
    this.topology = topology;
    this.faults = new Faults(topology);
  }

  /** The name that probe.mjs was given for a side's program. */
  probe(side: Side): string {
    return join(this.#folder, side, 'probe');
  }

  /** Starts the load; resolves when every session is open. */
  async startLoad(seconds: number): Promise<Program> {
    const { packetsPerSecond, sessions } = this.#options;
    const load = {
      server: stableAddress.ipv4,
      serverPort,
      clientPort,
      links: this.topology.paths.map((path) => ({
        device: interfaceName('client', path),
        source: pathAddress('client', path).ipv4,
      })),
      sessions,
      lengthBytes,
      perSecond: packetsPerSecond / 2,
      seconds,
    };
    const clients = this.#runNode('client', 'test/soak/clients.mjs', [JSON.stringify(load)]);
    await clients.waitForOutput('open', 90_000);
    return clients;
  }

  /** Ends everything and removes it. */
  async remove(): Promise<void> {
    await Promise.all(this.#running.map((program) => program.stop()));
    this.topology.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { sessions } = this.#options;
    const host = [wireguardPort, sessions, lengthBytes, hostIdleMs].map(String);
    this.host = this.#runNode('server', 'bench/sessions-host.mjs', host);
    await this.host.waitForOutput('ready');
    const server = this.#startProgram('server', {
      listenAddr: `0.0.0.0:${serverPort}`,
      dstAddr: `127.0.0.1:${wireguardPort}`,
    });
    await server.waitForUdpPort(serverPort);
    const client = this.#startProgram('client', {
      listenAddr: `127.0.0.1:${clientPort}`,
      dstAddr: `${stableAddress.ipv4}:${serverPort}`,
    });
    for (const path of this.topology.paths) {
      await client.waitForOutput(`path ${interfaceName('client', path)} is open`);
    }
    this.programs = { client, server };
  }

  #startProgram(side: Side, configuration: Readonly<Record<string, unknown>>): Program {
    const folder = join(this.#folder, side);
    mkdirSync(folder);
    const file = join(folder, 'engarde.yml');
    const webManager = { listenAddr: `127.0.0.1:${managerPorts[side]}` };
    writeFileSync(file, JSON.stringify({ [side]: { ...configuration, webManager } }));
    return this.#run(side, [programFile(side), file], {
      RENGARDE_ENGINE: this.#options.engine,
      STATE_DIRECTORY: folder,
      SOAK_PROBE: this.probe(side),
      NODE_OPTIONS: `--import ${new URL('probe.mjs', import.meta.url)}`,
    });
  }

  /** The load's ends use the build's own sockets. */
  #runNode(side: Side, script: string, args: readonly string[]): Program {
    const build = dirname(dirname(programFile(side)));
    return this.#run(side, [join(root, script), ...args], { RENGARDE_BENCH_DIST: build });
  }

  #run(side: Side, args: readonly string[], environment: NodeJS.ProcessEnv): Program {
    const program = new Program(this.topology.host(side), process.execPath, args, environment);
    this.#running.push(program);
    return program;
  }
}

/** Of the programs that should still run: why they don't. */
export function unexpectedEnds({ programs, host }: Rig): string[] {
  return [...sides.map((side) => programs[side]), host].flatMap((program) => program.unexpectedEnd ?? []);
}
