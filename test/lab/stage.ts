/**
 * Where one program is tried alone: files for it, bare UDP sockets around it (udp-peer.ts), and an account
 * of all that runs, to end it after each test. The network is the caller's.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, programFile } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import type { Side } from './topology.ts';
import { UdpPeer } from './udp-peer.ts';

const runTimeoutMs = 20_000;

/** In front of a command: as an ordinary user without any capability (man 1 setpriv). */
export const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];

/** How a program that ended by itself left. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder and what runs; `end()` after each test, `remove()` at the end. */
export class Stage {
  /** Readable for the ordinary user too. */
  readonly folder = mkdtempSync(join(tmpdir(), 'rengarde-stage-'));
  #running: { stop(): unknown }[] = [];

  constructor() {
    chmodSync(this.folder, 0o755);
  }

  /** Writes engarde.yml, as text or as the value to write, and gives its name. */
  file(content: string | Record<string, unknown>): string {
    const name = join(this.folder, 'engarde.yml');
    writeFileSync(name, typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  }

  /** Runs a program that ends by itself, in the stage's folder. @param before e.g. `asNobody` */
  run(
    namespace: Namespace,
    side: Side,
    args: readonly string[],
    engine = 'auto',
    before: readonly string[] = [],
  ): Promise<Ended> {
    const [command, ...rest] = [...before, process.execPath, programFile(side), ...args];
    const environment = { ...process.env, RENGARDE_ENGINE: engine };
    const child = namespace.spawn(command!, rest, {
      env: environment,
      cwd: this.folder,
      timeout: runTimeoutMs,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout!.on('data', (chunk) => (stdout += chunk));
    child.stderr!.on('data', (chunk) => (stderr += chunk));
    return new Promise((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })));
  }

  /** Starts a program that goes on. */
  start(
    namespace: Namespace,
    side: Side,
    file: string,
    engine: Engine,
    before: readonly string[] = [],
  ): Program {
    const [command, ...rest] = [...before, process.execPath, programFile(side), file];
    return this.own(new Program(namespace, command!, rest, { RENGARDE_ENGINE: engine }));
  }

  /** A bare socket, bound when this resolves. */
  async peer(namespace: Namespace, address: string, port: number): Promise<UdpPeer> {
    const peer = this.own(new UdpPeer(namespace, address, port));
    await peer.ready();
    return peer;
  }

  /** From now on it is ended with the rest. */
  own<T extends { stop(): unknown }>(one: T): T {
    this.#running.push(one);
    return one;
  }

  /** Ends all that runs. */
  async end(): Promise<void> {
    const running = this.#running;
    this.#running = [];
    await Promise.all(running.map((one) => one.stop()));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
