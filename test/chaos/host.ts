/**
 * One end of the tunnel in a chaos run: its rengarde program and its WireGuard, either of which can be ended and
 * started again, and all that the program ever logged.
 */
import { appendFileSync, rmSync } from 'node:fs';
import type { Engine } from '../lab/lab.ts';
import { programFile } from '../lab/lab.ts';
import type { Namespace } from '../lab/namespace.ts';
import { Program, type ProgramEnd } from '../lab/program.ts';
import type { Side } from '../lab/topology.ts';
import { type Peer, startWireguard, type Wireguard, type WireguardOptions } from '../lab/wireguard.ts';
import { getMetrics } from './metrics.ts';
import { enlargeReceiveBuffers } from './receive-buffers.ts';

const wireguardBufferBytes = 8 << 20;
/** The client says so once per path, the server once. */
const serving = { client: /path \w+ is open/, server: /serving / } as const;
export const managerPorts = { client: 9001, server: 9002 } as const;

export interface HostOptions {
  readonly side: Side;
  readonly namespace: Namespace;
  readonly engine: Engine;
  readonly file: string;
  /** Everything of the program's output is added to this file. */
  readonly logFile: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly wireguard: WireguardOptions;
}

export class Host {
  readonly side: Side;
  readonly namespace: Namespace;
  readonly file: string;
  /** The web interface, inside the namespace. */
  readonly managerUrl: string;
  readonly #options: HostOptions;
  readonly #lines: string[] = [];
  #program: Program | undefined;
  #isServing = false;
  #wireguard: Wireguard | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.side = options.side;
    this.namespace = options.namespace;
    this.file = options.file;
    rmSync(options.logFile, { force: true });
    this.managerUrl = `http://127.0.0.1:${managerPorts[options.side]}`;
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error(`The ${this.side}'s program was never started`);
    return this.#program;
  }

  get pid(): number {
    return this.program.pid!;
  }

  /** Whether the program that runs now has said so. */
  get isServing(): boolean {
    return this.#isServing;
  }

  get wireguard(): Wireguard {
    if (this.#wireguard === undefined) throw new Error(`The ${this.side}'s WireGuard was never started`);
    return this.#wireguard;
  }

  get programs(): Program[] {
    return [this.#program, this.#wireguard?.program].filter((one) => one !== undefined);
  }

  /** Lines logged so far, by every program that ran here; a mark for `loggedSince`. */
  get lineCount(): number {
    return this.#lines.length;
  }

  /** Whether a line that matches was logged after the mark. */
  loggedSince(mark: number, wanted: RegExp): boolean {
    return this.#lines.slice(mark).some((line) => wanted.test(line));
  }

  /**
   * Starts the program; resolves when it says that it serves.
   * @param log a file that gets what it says instead of us: then it serves when its metrics have packets it sent
   */
  async start(log?: string): Promise<void> {
    const { engine, environment, file, side, namespace, logFile } = this.#options;
    const command = [process.execPath, programFile(side), file];
    const [first, ...rest] =
      log === undefined ? command : ['sh', '-c', `exec "$@" >>'${log}'`, 'sh', ...command];
    const program = new Program(namespace, first!, rest, { ...environment, RENGARDE_ENGINE: engine });
    this.#program = program;
    program.onLine((line) => {
      this.#lines.push(line);
      appendFileSync(logFile, `${line}\n`);
    });
    if (log === undefined) await program.waitForOutput(serving[side]);
    else await program.waitFor('packets that it sent', () => this.#hasSent());
    this.#isServing = true;
  }

  /** Ends the program by the signal, and starts it again, see `start()`; resolves when the new one serves. */
  async restart(signal: NodeJS.Signals, log?: string): Promise<ProgramEnd> {
    this.#isServing = false;
    const end = await this.program.stop(signal);
    await this.start(log);
    return end;
  }

  async #hasSent(): Promise<boolean> {
    const metrics = await getMetrics(this);
    return metrics !== undefined && metrics.sumOf('sent_packets') > 0;
  }

  startWireguard(): Promise<void> {
    return this.#startWireguard(this.#options.wireguard);
  }

  /**
   * Ends WireGuard and starts it again with the same keys; resolves after a new handshake with every peer. What it had
   * learned of their addresses is kept, as the kernel's would when only its device is made anew by `wg setconf`.
   */
  async restartWireguard(): Promise<void> {
    const { wireguard } = this.#options;
    const known = await this.wireguard.peers();
    const kept = <P extends Peer>(peer: P): P => {
      const endpoint = known.find(({ publicKey }) => publicKey === peer.publicKey)?.endpoint ?? '(none)';
      return endpoint === '(none)' ? peer : { ...peer, endpoint };
    };
    await this.wireguard.stop();
    const { peer, otherPeers = [] } = wireguard;
    await this.#startWireguard({ ...wireguard, peer: kept(peer), otherPeers: otherPeers.map(kept) });
    await this.wireguard.program.waitFor('handshakes', async () => {
      const peers = await this.wireguard.peers();
      return peers.every(({ latestHandshake }) => latestHandshake > 0);
    });
  }

  async #startWireguard(options: WireguardOptions): Promise<void> {
    this.#wireguard = await startWireguard(options);
    const { pid } = this.#wireguard.program;
    // Where the kernel is too old, its drops are seen by the referee (lab-drops.ts).
    if (pid !== undefined) enlargeReceiveBuffers(pid, wireguardBufferBytes);
  }

  async stop(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.stop()));
  }
}
