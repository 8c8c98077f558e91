/**
 * A lab whose tunnel carries, for making mistakes in and running rengarde doctor beside. Two links as in
 * topology.ts, both programs with a manager:
 *
 *     client: wireguard-go -> 127.0.0.1:59401 rengarde-client ==== c0, c1 ==== rengarde-server -> wireguard-go
 *                             127.0.0.1:9001 manager                           127.0.0.1:9002 manager
 *
 * A mistake in the file is made in a copy, or in the running program's file before it is started again. What a
 * test changes it notes with `later()`, and `undo()` takes it back.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { ClientOverview, Overview } from '../../src/contract/index.ts';
import type { Diagnosis, Finding } from '../../src/doctor/index.ts';
import { getJson } from './http.ts';
import { awaitTunnel, clientPort, type Host, type Lab, serverPort, startLab, tunnel } from './lab.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';
import type { Side } from './topology.ts';

const rengarde = resolve(process.env.RENGARDE_LAB_BIN ?? 'dist/bin', 'rengarde.js');
const runTimeoutMs = 40_000;
const leastStatus = { ok: 0, note: 0, warning: 1, problem: 2 } as const;

export const managerPorts = { client: 9001, server: 9002 } as const;
/** MTU of the tunnel; the links have 1500. */
export const tunnelMtu = 1380;
/** Where the client's WireGuard sends. */
export const endpoint = `127.0.0.1:${clientPort}`;

export interface Sections {
  client: Record<string, unknown>;
  server: Record<string, unknown>;
}

export class DoctorRig {
  readonly lab: Lab;
  /** Base64. */
  readonly serverKey: string;
  readonly #original: string;
  #undo: (() => unknown)[] = [];
  #copies = 0;

  private constructor(lab: Lab, serverKey: string) {
    this.lab = lab;
    this.serverKey = serverKey;
    this.edit(({ server }) => {
      server.wireguardPublicKey = serverKey;
    });
    this.#original = readFileSync(lab.file, 'utf8');
  }

  /** Resolves when the tunnel carries on both links. */
  static async start(): Promise<DoctorRig> {
    const webManager = (side: Side) => ({ webManager: { listenAddr: `127.0.0.1:${managerPorts[side]}` } });
    const lab = await startLab({
      paths: 2,
      engine: 'linux',
      tunnelMtu,
      client: webManager('client'),
      server: webManager('server'),
    });
    const rig = new DoctorRig(lab, await show(lab.server, 'public-key'));
    await rig.restart('server');
    await rig.setPeer('client', ['persistent-keepalive', '5']);
    await rig.carrying();
    return rig;
  }

  get file(): string {
    return this.lab.file;
  }

  /** Name of a side's WireGuard interface. */
  tunnelName(side: Side): string {
    return this.lab[side].wireguard.interfaceName;
  }

  show(side: Side, what: string): Promise<string> {
    return show(this.lab[side], what);
  }

  /** `wg set` on a side's interface. */
  async set(side: Side, words: readonly string[]): Promise<void> {
    await this.lab[side].namespace.run('wg', ['set', this.tunnelName(side), ...words]);
  }

  /** `wg set` of a side's only peer. */
  async setPeer(side: Side, words: readonly string[]): Promise<void> {
    await this.set(side, ['peer', await this.show(side, 'peers'), ...words]);
  }

  ip(side: Side, ...lines: readonly string[]): Promise<void> {
    return this.lab[side].namespace.ip(...lines);
  }

  /** A step of `undo()`; the last one noted comes first. */
  later(step: () => unknown): void {
    this.#undo.push(step);
  }

  async undo(): Promise<void> {
    const steps = this.#undo.reverse();
    this.#undo = [];
    for (const step of steps) await step();
  }

  /** Writes engarde.yml with a change, under its own or another name. */
  edit(change: (sections: Sections) => unknown, name = this.file): string {
    const sections = parse(readFileSync(this.file, 'utf8')) as Sections;
    change(sections);
    writeFileSync(name, stringify(sections));
    return name;
  }

  /** A copy with a mistake. */
  copy(change: (sections: Sections) => unknown): string {
    const name = join(dirname(this.file), `mistake-${++this.#copies}.yml`);
    this.later(() => rmSync(name));
    return this.edit(change, name);
  }

  async tunnelState(): Promise<string> {
    return (await this.overview<ClientOverview>('client')).session.tunnel.state;
  }

  overview<T extends Overview>(side: Side): Promise<T> {
    const url = `http://127.0.0.1:${managerPorts[side]}/api/v2/overview`;
    return getJson<T>(this.lab[side].namespace, url);
  }

  /** The links' states, c0 first. */
  async linkStates(): Promise<string[]> {
    const { session } = await this.overview<ClientOverview>('client');
    return session.paths.filter(({ name }) => /^c\d$/.test(name)).map(({ state }) => state);
  }

  async until<T>(ask: () => Promise<T>, wanted: T): Promise<void> {
    await vi.waitFor(async () => expect(await ask()).toEqual(wanted), { timeout: 40_000, interval: 200 });
  }

  async carrying(): Promise<void> {
    await awaitTunnel(this.lab.client.namespace, []);
    const states = async () => [await this.tunnelState(), ...(await this.linkStates())];
    await this.until<string[]>(states, ['carrying', 'up', 'up']);
  }

  /** Ends the program and starts it again with the file as it is; packets come first, its manager a little later. */
  async restart(side: Side): Promise<void> {
    const program = await this.lab[side].restart('SIGTERM');
    await program!.waitForUdpPort(side === 'client' ? clientPort : serverPort);
    await program!.waitForOutput('web interface: ');
  }

  /** Later: file and programs as they were when everything carried. */
  laterRestored(...sides: Side[]): void {
    this.later(async () => {
      writeFileSync(this.file, this.#original);
      for (const side of sides) await this.restart(side);
      await this.carrying();
    });
  }

  /** Somebody uses the tunnel, so that WireGuard has something to send. */
  talk(everySeconds = 0.2): void {
    const words = ['-n', '-q', '-i', String(everySeconds), tunnel.server.ipv4];
    const pings = new Program(this.lab.client.namespace, 'ping', words);
    this.later(() => pings.stop('SIGINT'));
  }

  /** What goes in front of a command so that it sees another content of a file of the system. */
  pretending(path: string, content: string): string[] {
    const name = join(dirname(this.file), 'pretended');
    writeFileSync(name, content);
    this.later(() => rmSync(name));
    return ['unshare', '--mount', 'sh', '-c', `mount --bind ${name} ${path} && exec "$@"`, 'sh'];
  }

  /** Runs the doctor as people do. */
  async run(
    namespace: Namespace,
    args: readonly string[],
    before: readonly string[] = [],
  ): Promise<{ status: number; text: string }> {
    const [command, ...words] = [...before, process.execPath, rengarde, 'doctor', ...args];
    const child = namespace.spawn(command!, words, { timeout: runTimeoutMs });
    let [text, errors] = ['', ''];
    child.stdout!.on('data', (chunk) => (text += chunk));
    child.stderr!.on('data', (chunk) => (errors += chunk));
    const status = await new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)));
    expect(errors).toBe('');
    return { status, text };
  }

  /** Runs the doctor on a host. @param before in front of the command */
  async diagnose(side: Side, name = this.file, before: readonly string[] = []): Promise<Diagnosis> {
    return this.diagnoseIn(this.lab[side].namespace, side, name, before);
  }

  async diagnoseIn(
    namespace: Namespace,
    side: Side,
    name: string,
    before: readonly string[] = [],
  ): Promise<Diagnosis> {
    const { status, text } = await this.run(namespace, [name, '--role', side, '--json'], before);
    const diagnosis = JSON.parse(text) as Diagnosis;
    expect(status).toBe(diagnosis.status);
    return diagnosis;
  }
}

/** The finding with the code, whose level the status must show too. */
export function findingOf({ findings, status }: Diagnosis, code: string, about?: string): Finding {
  const hit = findings.find((one) => one.code === code && (about === undefined || one.about === about));
  const others = findings
    .filter(({ level }) => level !== 'ok')
    .map((one) => `${one.code} ${one.about}: ${one.message}`);
  expect(hit, `${code} among:\n${others.join('\n')}`).toBeDefined();
  expect(status).toBeGreaterThanOrEqual(leastStatus[hit!.level]);
  console.log(`${hit!.level} ${code}: ${hit!.message} -> ${hit!.remedy}`);
  return hit!;
}

async function show({ namespace, wireguard }: Host, what: string): Promise<string> {
  return (await namespace.run('wg', ['show', wireguard.interfaceName, what])).trim();
}
