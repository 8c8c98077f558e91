/**
 * The whole demo without its display: both programs as child processes, a WireGuard endpoint on either side, three
 * userspace links between them, and a stream of packets each way. Starts it, lets time pass in it, stops it.
 *
 *   endpoint -> rengarde-client -> Fibre, LTE, Satellite -> rengarde-server -> endpoint      (and back)
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../net/index.ts';
import { generateKeyPair, type UdpAddress, UdpEndpoint } from '../wireguard/index.ts';
import { clientFile, freeUdpPorts, serverFile } from './engarde-files.ts';
import type { LinkTraits } from './lane.ts';
import { Link } from './link.ts';
import { Program } from './program.ts';
import { cutLink, cutTimeMs, fadingLink, STEP_MS } from './schedule.ts';
import { LOST_AFTER_MS, Stream } from './stream.ts';

/** Each way. */
export const PACKETS_PER_SECOND = 500;
const PACE_MS = 2;
const START_TIMEOUT_MS = 15_000;
/** Somebody else may take a port between our look and the program's start: then once more, with other ports. */
const START_ATTEMPTS = 3;
/** Above the slowest link's round trip, below the protocol's 5 s: a first initiation often meets no program yet. */
const HANDSHAKE_RETRY_MS = 1_000;
const LOOPBACK = '127.0.0.1';

/** `fadeLossShare`: lost while the link fades; between fades it loses nothing. */
const LINKS: readonly { name: string; traits: LinkTraits; fadeLossShare: number }[] = [
  { name: 'Fibre', traits: { delayMs: 6, jitterMs: 1, lossShare: 0 }, fadeLossShare: 0.03 },
  { name: 'LTE', traits: { delayMs: 42, jitterMs: 12, lossShare: 0 }, fadeLossShare: 0.16 },
  { name: 'Satellite', traits: { delayMs: 280, jitterMs: 20, lossShare: 0 }, fadeLossShare: 0.08 },
];

/** A link of the demo, with what people want to know of it. */
export interface DemoLink {
  readonly name: string;
  readonly link: Link;
  readonly fadeLossShare: number;
  cuts: number;
}

/** What is thrown when the demo cannot go on; the message is for people and says all. */
export class DemoFailure extends Error {}

/** One run. `start()`, then `stop()` in any case. */
export class Scenario {
  links: readonly DemoLink[] = [];
  /** From the client's side to the server's. */
  readonly up = new Stream(PACKETS_PER_SECOND, (packet) => this.#clientEnd?.send(packet) ?? false);
  /** From the server's side to the client's. */
  readonly down = new Stream(PACKETS_PER_SECOND, (packet) => this.#serverEnd?.send(packet) ?? false);
  /** Whether links are cut and restored by themselves. */
  isAutomatic = false;
  readonly #cutMs: number;
  #automaticSinceMs = 0;
  #starting: Promise<void> | null = null;
  #isStopping = false;
  #clientEnd: UdpEndpoint | null = null;
  #serverEnd: UdpEndpoint | null = null;
  #programs: Program[] = [];
  #directory: string | null = null;
  #timers: NodeJS.Timeout[] = [];

  /** `runMs`: how long it is meant to run; cuts are spread over it. */
  constructor(runMs: number) {
    this.#cutMs = cutTimeMs(runMs, LINKS.length);
  }

  /** Resolves when packets flow. Rejects with a DemoFailure that carries the programs' output. */
  async start(): Promise<void> {
    this.#starting = this.#startWithFreePorts();
    await this.#starting;
    if (this.#isStopping) return;
    this.#timers.push(setInterval(() => this.#advanceStreams(), PACE_MS));
    let step = 0;
    this.#timers.push(setInterval(() => this.#takeStep(step++), STEP_MS));
  }

  /** What went wrong since the start, for people; null while all is well. */
  get failure(): string | null {
    return this.#programs.map((program) => program.failure).find((failure) => failure !== null) ?? null;
  }

  /** Copies that reached the endpoints after another copy of the same packet; WireGuard drops them. */
  get duplicates(): number {
    return (this.#clientEnd?.counters.duplicates ?? 0) + (this.#serverEnd?.counters.duplicates ?? 0);
  }

  /** Cuts a link, or restores it when it is cut; the index is that in `links`. */
  toggle(index: number): void {
    const target = this.links[index];
    if (target === undefined) return;
    if (target.link.isCut) {
      target.link.restore();
    } else {
      target.link.cut();
      target.cuts++;
    }
  }

  /** Begins to cut links by itself, or stops that and restores all. */
  setAutomatic(isAutomatic: boolean): void {
    if (this.isAutomatic && !isAutomatic) for (const { link } of this.links) link.restore();
    this.isAutomatic = isAutomatic;
    this.#automaticSinceMs = nowMs();
  }

  /** Ends the streams and waits until it is known of each packet whether it arrived: 2 s at most. */
  async settle(): Promise<void> {
    this.#clearTimers();
    const deadlineMs = nowMs() + LOST_AFTER_MS;
    while (this.up.underWay + this.down.underWay > 0 && nowMs() < deadlineMs) await sleep(20);
    for (const stream of [this.up, this.down]) stream.settle(nowMs() + LOST_AFTER_MS);
  }

  /** Ends programs, links and endpoints and removes the files. Counters stay readable. Safe at any time. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    // A start under way ends with a failure then, which start() reports to its own caller.
    await this.#starting?.catch(() => {});
    await this.#removeAll();
  }

  async #removeAll(): Promise<void> {
    this.#clearTimers();
    await Promise.all(this.#programs.splice(0).map((program) => program.stop()));
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
    const [clientPort, serverPort] = await freeUdpPorts(LOOPBACK, 2);
    const clientAddress = { address: LOOPBACK, port: clientPort! };
    const serverAddress = { address: LOOPBACK, port: serverPort! };
    this.links = LINKS.map(({ name, traits, fadeLossShare }) => ({
      name,
      fadeLossShare,
      link: new Link({ ...traits, target: serverAddress }),
      cuts: 0,
    }));
    const linkAddresses = await Promise.all(this.links.map(({ link }) => link.start()));
    const serverEndAddress = await this.#startEndpoints(clientAddress);

    this.#directory = await mkdtemp(join(tmpdir(), 'rengarde-demo-'));
    const paths = this.links.map(({ name }, index) => ({ name, dstAddr: linkAddresses[index]! }));
    await this.#startProgram('server', serverFile(serverAddress, serverEndAddress));
    await this.#startProgram('client', clientFile(clientAddress, paths));
    await this.#waitUntilUp();
  }

  async #startProgram(role: 'client' | 'server', config: string): Promise<void> {
    const path = join(this.#directory!, `${role}.yml`);
    await writeFile(path, config);
    this.#programs.push(new Program(role, path));
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

  async #waitUntilUp(): Promise<void> {
    const deadlineMs = nowMs() + START_TIMEOUT_MS;
    this.#clientEnd!.connect();
    while (!(this.#clientEnd!.isUp && this.#serverEnd!.isUp)) {
      if (this.failure !== null) throw new DemoFailure(this.failure);
      if (this.#isStopping) throw new DemoFailure('Stopped while starting');
      if (nowMs() > deadlineMs) {
        const outputs = this.#programs.map((program) => program.outputForPeople).join('\n');
        throw new DemoFailure(`No WireGuard handshake within ${START_TIMEOUT_MS / 1000} s.\n${outputs}`);
      }
      await sleep(20);
    }
  }

  #advanceStreams(): void {
    const now = nowMs();
    this.up.advance(now);
    this.down.advance(now);
  }

  #takeStep(step: number): void {
    const fading = fadingLink(step, this.links.length);
    for (const [index, { link, fadeLossShare }] of this.links.entries()) {
      link.change({ lossShare: index === fading ? fadeLossShare : 0 });
    }
    if (!this.isAutomatic) return;
    const cut = cutLink(nowMs() - this.#automaticSinceMs, this.#cutMs, this.links.length);
    for (const [index, { link }] of this.links.entries())
      if (link.isCut !== (index === cut)) this.toggle(index);
  }

  #clearTimers(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }
}
