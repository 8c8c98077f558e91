/**
 * A whole tunnel on this machine: both programs as child processes, a WireGuard endpoint on either side, userspace
 * links between them, and a stream of packets each way. What happens to the links, and when, is the caller's.
 *
 *   endpoint -> rengarde-client -> links -> rengarde-server -> endpoint      (and back)
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../net/index.ts';
import { generateKeyPair, type UdpAddress, UdpEndpoint } from '../wireguard/index.ts';
import { clientFile, freeTcpPorts, freeUdpPorts, serverFile } from './engarde-files.ts';
import type { LinkTraits } from './lane.ts';
import { Link } from './link.ts';
import { ownProgram } from './own-program.ts';
import { type CutMessage, isCutMessage, type LinksMessage } from './page-control.ts';
import { Program } from './program.ts';
import { LOST_AFTER_MS, Stream } from './stream.ts';

const PACE_MS = 2;
const POLL_MS = 20;
const START_TIMEOUT_MS = 15_000;
/** Somebody else may take a port between our look and the program's start: then once more, with other ports. */
const START_ATTEMPTS = 3;
/** Above the slowest link's round trip, below the protocol's 5 s: a first initiation often meets no program yet. */
const HANDSHAKE_RETRY_MS = 1_000;
const LOOPBACK = '127.0.0.1';

export type Role = 'client' | 'server';

export interface TunnelOptions {
  readonly links: readonly { readonly name: string; readonly traits: LinkTraits }[];
  /** Each way. */
  readonly packetsPerSecond: number;
  /** Lets the client's page cut and restore the links. */
  readonly hasPageControl: boolean;
  /** What Node gets to run a program, without engarde.yml. Default: the same build (or sources) as this file. */
  readonly nodeArguments?: (role: Role) => readonly string[];
}

/** A link of the tunnel, with what people want to know of it. */
export interface TunnelLink {
  readonly name: string;
  readonly link: Link;
  cuts: number;
}

/** What is thrown when the tunnel cannot go on; the message is for people and says all. */
export class TunnelFailure extends Error {}

/** `start()`, then `stop()` in any case. */
export class Tunnel {
  links: readonly TunnelLink[] = [];
  /** From the client's side to the server's. */
  readonly up: Stream;
  /** From the server's side to the client's. */
  readonly down: Stream;
  /** Addresses of the programs' pages; empty before the start. */
  readonly pages: Record<Role, string> = { client: '', server: '' };
  readonly #options: TunnelOptions;
  readonly #programs = new Map<Role, Program>();
  #starting: Promise<void> | null = null;
  #isStopping = false;
  #clientEnd: UdpEndpoint | null = null;
  #serverEnd: UdpEndpoint | null = null;
  #directory: string | null = null;
  #pace: NodeJS.Timeout | undefined;

  constructor(options: TunnelOptions) {
    this.#options = options;
    this.up = new Stream(options.packetsPerSecond, (packet) => this.#clientEnd?.send(packet) ?? false);
    this.down = new Stream(options.packetsPerSecond, (packet) => this.#serverEnd?.send(packet) ?? false);
  }

  /** Resolves when every link has carried something both ways. Rejects with a TunnelFailure that carries the programs' output. */
  async start(): Promise<void> {
    this.#starting = this.#startWithFreePorts();
    await this.#starting;
    if (!this.#isStopping) this.#pace = setInterval(() => this.#advanceStreams(), PACE_MS);
  }

  /** What went wrong since the start, for people; null while all is well. */
  get failure(): string | null {
    const failures = [...this.#programs.values()].map((program) => program.failure);
    return failures.find((failure) => failure !== null) ?? null;
  }

  /** Copies that reached the endpoints after another copy of the same packet; WireGuard drops them. */
  get duplicates(): number {
    return (this.#clientEnd?.counters.duplicates ?? 0) + (this.#serverEnd?.counters.duplicates ?? 0);
  }

  /** The program's engarde.yml; what it keeps lies beside it. Only after the start. */
  file(role: Role): string {
    return join(this.#directory!, role, 'engarde.yml');
  }

  /** Does nothing to a link that is so already. */
  setCut(target: TunnelLink, isCut: boolean): void {
    if (target.link.isCut === isCut) return;
    if (isCut) {
      target.link.cut();
      target.cuts++;
    } else {
      target.link.restore();
    }
    this.#tellLinks();
  }

  /** Starts a program with its file, ports and past as they are: at first, and after `endProgram()`. */
  startProgram(role: Role): void {
    const hasControl = role === 'client' && this.#options.hasPageControl;
    const program = new Program({
      title: `rengarde-${role}`,
      args: [...(this.#options.nodeArguments ?? ownProgram)(role), this.file(role)],
      environment: {
        STATE_DIRECTORY: dirname(this.file(role)),
        RENGARDE_DEMO: hasControl ? '1' : undefined,
      },
      ...(hasControl && { onMessage: (message) => isCutMessage(message) && this.obey(message) }),
    });
    this.#programs.set(role, program);
    if (hasControl) this.#tellLinks();
  }

  /** Ends a program, which then is no failure. */
  async endProgram(role: Role, signal: NodeJS.Signals): Promise<void> {
    await this.#programs.get(role)?.stop(signal);
  }

  /** Ends the streams and waits until it is known of each packet whether it arrived: 2 s at most. */
  async settle(): Promise<void> {
    clearInterval(this.#pace);
    const deadlineMs = nowMs() + LOST_AFTER_MS;
    while (this.up.underWay + this.down.underWay > 0 && nowMs() < deadlineMs) await sleep(POLL_MS);
    for (const stream of [this.up, this.down]) stream.settle(nowMs() + LOST_AFTER_MS);
  }

  /** Ends programs, links and endpoints and removes the files. Counters stay readable. Safe at any time. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    // A start under way ends with a failure then, which start() reports to its own caller.
    await this.#starting?.catch(() => {});
    await this.#removeAll();
  }

  /** Carries out what somebody at the page asked for. */
  protected obey({ demo, link }: CutMessage): void {
    const target = this.links.find(({ name }) => name === link);
    if (target !== undefined) this.setCut(target, demo === 'cut');
  }

  #tellLinks(): void {
    if (!this.#options.hasPageControl) return;
    const links = this.links.map(({ name, link }) => ({ name, isCut: link.isCut }));
    this.#programs.get('client')?.send({ demo: 'links', links } satisfies LinksMessage);
  }

  async #removeAll(): Promise<void> {
    clearInterval(this.#pace);
    await Promise.all([...this.#programs.values()].map((program) => program.stop()));
    this.#programs.clear();
    await Promise.all([this.#clientEnd?.close(), this.#serverEnd?.close()]);
    await Promise.all(this.links.map(({ link }) => link.close()));
    if (this.#directory !== null) await rm(this.#directory, { recursive: true, force: true });
    this.#directory = null;
  }

  async #startWithFreePorts(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#startOnce();
        return;
      } catch (error) {
        await this.#removeAll();
        const isPortTaken = error instanceof Error && /EADDRINUSE|in use/.test(error.message);
        if (!isPortTaken || attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  async #startOnce(): Promise<void> {
    const [clientAddress, serverAddress] = (await freeUdpPorts(LOOPBACK, 2)).map(onLoopback);
    const [clientPage, serverPage] = (await freeTcpPorts(LOOPBACK, 2)).map(onLoopback);
    this.pages.client = `http://${LOOPBACK}:${clientPage!.port}/`;
    this.pages.server = `http://${LOOPBACK}:${serverPage!.port}/`;
    this.links = this.#options.links.map(({ name, traits }) => ({
      name,
      link: new Link({ ...traits, target: serverAddress! }),
      cuts: 0,
    }));
    const linkAddresses = await Promise.all(this.links.map(({ link }) => link.start()));
    const serverEndAddress = await this.#startEndpoints(clientAddress!);

    this.#directory = await mkdtemp(join(tmpdir(), 'rengarde-demo-'));
    const paths = this.links.map(({ name }, index) => ({ name, dstAddr: linkAddresses[index]! }));
    await this.#writeFile('server', serverFile(serverAddress!, serverEndAddress, serverPage!));
    await this.#writeFile('client', clientFile(clientAddress!, paths, clientPage!));
    this.startProgram('server');
    this.startProgram('client');
    await this.#waitUntilUp();
  }

  async #writeFile(role: Role, content: string): Promise<void> {
    await mkdir(dirname(this.file(role)));
    await writeFile(this.file(role), content);
  }

  /** Resolves to where the server's side listens. */
  async #startEndpoints(clientAddress: UdpAddress): Promise<UdpAddress> {
    const clientKeys = generateKeyPair();
    const serverKeys = generateKeyPair();
    const common = { listen: { address: LOOPBACK, port: 0 }, timers: { rekeyTimeoutMs: HANDSHAKE_RETRY_MS } };
    this.#serverEnd = new UdpEndpoint({
      ...common,
      privateKey: serverKeys.privateKey,
      peerPublicKey: clientKeys.publicKey,
      deliver: (packet) => this.up.receive(packet, nowMs()),
    });
    this.#clientEnd = new UdpEndpoint({
      ...common,
      privateKey: clientKeys.privateKey,
      peerPublicKey: serverKeys.publicKey,
      peer: clientAddress,
      deliver: (packet) => this.down.receive(packet, nowMs()),
    });
    const [serverEndAddress] = await Promise.all([this.#serverEnd.start(), this.#clientEnd.start()]);
    return serverEndAddress;
  }

  /** Up to then the server knows only the links whose first datagram has come to it. */
  async #waitUntilUp(): Promise<void> {
    const deadlineMs = nowMs() + START_TIMEOUT_MS;
    this.#clientEnd!.connect();
    while (!(this.#clientEnd!.isUp && this.#serverEnd!.isUp && this.#silentLinks.length === 0)) {
      if (this.failure !== null) throw new TunnelFailure(this.failure);
      if (this.#isStopping) throw new TunnelFailure('Stopped while starting');
      if (nowMs() > deadlineMs) throw new TunnelFailure(this.#whyNotUp());
      await sleep(POLL_MS);
      this.#serverEnd!.keepAlive();
    }
  }

  get #silentLinks(): string[] {
    return this.links.filter(({ link }) => link.back.delivered === 0).map(({ name }) => name);
  }

  #whyNotUp(): string {
    const missing = this.#serverEnd!.isUp
      ? `Nothing came back over ${this.#silentLinks.join(', ')}`
      : 'No WireGuard handshake';
    const outputs = [...this.#programs.values()].map((program) => program.outputForPeople);
    return [`${missing} within ${START_TIMEOUT_MS / 1000} s.`, ...outputs].join('\n');
  }

  #advanceStreams(): void {
    const now = nowMs();
    this.up.advance(now);
    this.down.advance(now);
  }
}

function onLoopback(port: number): UdpAddress {
  return { address: LOOPBACK, port };
}
