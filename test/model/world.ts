/**
 * Clients and a server on a virtual network, and what a step of a schedule does to them. Datagrams take as long as the
 * schedule says and end up where the address leads when they arrive.
 */
import type { Batch } from '../../src/net/index.ts';
import { mac1KeyOf } from '../../src/wireguard/index.ts';
import { Clock } from '../simnet/clock.ts';
import { lastingBatch } from '../sockets/datagrams.ts';
import { addressOf } from './addresses.ts';
import { Attacker } from './attacker.ts';
import { ModelClient } from './model-client.ts';
import { ModelServer } from './model-server.ts';
import { type Datagram, Paper, PaperPeer } from './paper-wireguard.ts';
import type { Setup, Step } from './schedule.ts';

const TICK_MS = 400;
/** A long wait has no more ticks than this. */
const MOST_TICKS = 12;
const GOOD = [5, 20, 60];
const KEEP_BYTES: Record<Setup['keep'], number> = { none: 1_000, least: 2 << 20, more: 8 << 20 };
const SERVER_KEY = mac1KeyOf(Buffer.alloc(32, 7));

type Talk = Extract<Step, { do: 'up' | 'down' }>;

export class World {
  readonly clock = new Clock();
  readonly setup: Setup;
  readonly #paper: Paper;
  readonly #mac1Key: Uint8Array | undefined;
  readonly #attacker: Attacker;
  readonly clients: readonly ModelClient[];
  readonly peers: readonly PaperPeer[];
  readonly #batches: Batch[] = [];
  readonly #serverBatch: Batch;
  readonly #canFill: boolean;
  readonly isAttacked: boolean;
  readonly #via: { up: readonly number[]; down: readonly number[] }[];
  readonly #owners = new Map<string, { client: number; link: number }>();
  server: ModelServer;
  #strangers = 0;
  #ticks = 0;
  #tickMs = this.clock.nowMs;
  #ports = 40_000;
  #hosts = 0;

  constructor(setup: Setup, steps: readonly Step[]) {
    this.setup = setup;
    this.#mac1Key = setup.hasKey ? SERVER_KEY : undefined;
    this.#paper = new Paper(() => this.clock.nowMs, this.#mac1Key);
    this.#attacker = new Attacker(this.#mac1Key);
    this.#canFill = setup.limits === 'tight' || steps.some((step) => step.do === 'flood');
    this.isAttacked = steps.some(
      (step) => step.do === 'attack' || step.do === 'noise' || step.do === 'flood',
    );
    this.#via = setup.links.map(() => ({ up: GOOD, down: GOOD }));
    this.peers = setup.links.map(() => new PaperPeer(this.#paper));
    this.clients = setup.links.map((links, number) => this.#newClient(links, number));
    this.#serverBatch = this.#take();
    this.server = this.#newServer();
  }

  release(): void {
    pools[this.setup.keep].push(...this.#batches);
  }

  take(step: Step): void {
    switch (step.do) {
      case 'wait':
        this.run(step.ms);
        break;
      case 'attack':
        this.#attack(step);
        break;
      case 'noise':
        this.#sendAs(step.from, step.host, step.host, this.#attacker.noise(step));
        break;
      case 'flood':
        this.#flood(step);
        break;
      case 'busy':
        this.server.isBusy = !this.server.isBusy;
        break;
      default:
        this.#live(step, this.clients[step.client % this.clients.length]!);
    }
  }

  /** From now on every link is there, and good. */
  mend(): void {
    this.server.isBusy = false;
    for (const client of this.clients) {
      this.#via[client.number] = { up: GOOD, down: GOOD };
      for (const link of client.links.keys()) if (!client.isOpen(link)) client.open(link);
    }
  }

  #live(step: Extract<Step, { client: number }>, client: ModelClient): void {
    if ('gapMs' in step) {
      this.#talk(step, client);
    } else if (step.do === 'rekey') {
      this.#via[client.number] = { up: step.via, down: step.via };
      (step.by === 'client' ? client.peer : this.peers[client.number]!).initiate();
      this.run(1);
    } else if (step.do === 'restart') {
      this.#restart(step.what, client);
    } else {
      this.#change(step, client, step.link % client.links.length);
    }
  }

  #change(step: Extract<Step, { link: number }>, client: ModelClient, link: number): void {
    if (step.do === 'rebind') {
      this.#move(client, link, step.to);
    } else if (step.do === 'toggle' && client.isOpen(link)) {
      client.close(link);
    } else {
      client.open(link);
      this.#move(client, link, 'port');
    }
  }

  #talk({ do: way, count, gapMs, bytes, via }: Talk, client: ModelClient): void {
    this.#via[client.number]![way] = via;
    for (let i = 0; i < count; i++) {
      if (way === 'up') client.peer.send(bytes);
      else if (this.peers[client.number]!.isReady) this.peers[client.number]!.send(bytes);
      this.run(gapMs);
    }
  }

  #restart(what: (Step & { do: 'restart' })['what'], client: ModelClient): void {
    if (what === 'server') {
      this.server.end();
      this.server = this.#newServer(this.server.isBusy);
    } else if (what === 'client') {
      client.restart();
      for (const link of client.links.keys()) this.#move(client, link, 'port');
    } else if (what === 'client WireGuard') {
      client.peer.restart();
    } else {
      this.server.forget(client.number);
    }
  }

  #attack(step: Step & { do: 'attack' }): void {
    for (const [i, { datagram, client }] of this.#attacker.make(step).entries()) {
      this.clock.after(step.afterMs + i, () => this.#sendAs(step.from, step.host, client, datagram));
    }
    this.run(step.what === 'crowd' ? step.count : 0);
  }

  #flood({ what, count, withinMs }: Step & { do: 'flood' }): void {
    for (let i = 0; i < count; i++) {
      const number = this.#strangers++;
      const from = addressOf(`198.51.${number >> 8}.${number & 255}`, 7_000);
      const datagram = this.#attacker.stranger(what);
      this.clock.after((withinMs * i) / count, () => this.server.arrive(datagram, from, 'stranger'));
    }
  }

  /** An attacker sends, to the server or, in its name, to the client whose link he sees. */
  #sendAs(from: (Step & { do: 'noise' })['from'], host: number, number: number, datagram: Datagram): void {
    const client = this.clients[number % this.clients.length]!;
    const { address } = client.links[0]!;
    if (from === 'server') client.arrive(0, datagram);
    else if (from === 'link') this.server.arrive(datagram, address, undefined);
    else if (from === 'own')
      this.server.arrive(datagram, addressOf(`203.0.113.${host + 1}`, 7_000), undefined);
    else this.server.arrive(datagram, addressOf(address.address, 1_000 + host), undefined);
  }

  #move(client: ModelClient, link: number, to: (Step & { do: 'rebind' })['to']): void {
    const it = client.links[link]!;
    const other = this.clients[(client.number + 1) % this.clients.length]!.links[0]!;
    this.#owners.delete(it.address.key);
    if (to === 'swap' && other !== it) {
      [it.address, other.address] = [other.address, it.address];
      this.#owners.set(other.address.key, this.#ownerOf(other));
    } else {
      it.address = addressOf(to === 'host' ? this.#newHost() : it.address.address, ++this.#ports);
    }
    this.#owners.set(it.address.key, { client: client.number, link });
  }

  #ownerOf(link: ModelClient['links'][number]): { client: number; link: number } {
    const client = this.clients.findIndex(({ links }) => links.includes(link));
    return { client, link: this.clients[client]!.links.indexOf(link) };
  }

  /** Lets time pass; the relays look at the time now and then, as in an engine. */
  run(ms: number): void {
    const untilMs = this.clock.nowMs + ms;
    const sliceMs = Math.max(TICK_MS, ms / MOST_TICKS);
    while (this.#tickMs + sliceMs <= untilMs) {
      this.#tickMs = Math.max(this.#tickMs + sliceMs, this.clock.nowMs);
      this.clock.run(this.#tickMs - this.clock.nowMs);
      this.server.tick();
      if (++this.#ticks % 3 === 0) for (const client of this.clients) client.tick();
    }
    this.clock.run(untilMs - this.clock.nowMs);
  }

  #newClient(links: number, number: number): ModelClient {
    const peer = new PaperPeer(this.#paper);
    peer.other = this.peers[number]!;
    peer.other.other = peer;
    const shared = this.#newHost();
    const addresses = Array.from({ length: links }, (_, link) => {
      const address = addressOf(this.setup.isOneHost ? shared : this.#newHost(), ++this.#ports);
      this.#owners.set(address.key, { client: number, link });
      return address;
    });
    const client = new ModelClient(number, peer, addresses, this.clock, this.setup, this.#take());
    client.send = (link, datagram) => {
      const { address } = client.links[link]!;
      client.addresses.add(address.key);
      if (link === 0) this.#attacker.sees(datagram, number);
      const afterMs = delayOf(this.#via[number]!.up, link);
      if (afterMs >= 0) this.clock.after(afterMs, () => this.server.arrive(datagram, address, number));
    };
    return client;
  }

  #newServer(isBusy = false): ModelServer {
    const server = new ModelServer({
      clock: this.clock,
      setup: this.setup,
      batch: this.#serverBatch,
      mac1Key: this.#mac1Key,
      peers: this.peers,
      canFill: this.#canFill,
    });
    server.isBusy = isBusy;
    server.deliver = (to, datagram) => {
      const owner = this.#owners.get(to);
      if (owner === undefined) return;
      if (owner.link === 0) this.#attacker.sees(datagram, owner.client);
      const afterMs = delayOf(this.#via[owner.client]!.down, owner.link);
      if (afterMs >= 0) this.clock.after(afterMs, () => this.#reach(to, datagram));
    };
    return server;
  }

  /** A NAT may have given the address to somebody else meanwhile, or to nobody. */
  #reach(address: string, datagram: Datagram): void {
    const owner = this.#owners.get(address);
    if (owner !== undefined) this.clients[owner.client]!.arrive(owner.link, datagram);
  }

  #newHost(): string {
    const number = ++this.#hosts;
    return `10.0.${number >> 8}.${number & 255}`;
  }

  #take(): Batch {
    const { keep } = this.setup;
    const batch = pools[keep].pop() ?? lastingBatch(KEEP_BYTES[keep]);
    this.#batches.push(batch);
    return batch;
  }
}

/** Batches of schedules that are over: memory for millions of bytes, used again as it is. */
const pools: Record<Setup['keep'], Batch[]> = { none: [], least: [], more: [] };

function delayOf(via: readonly number[], link: number): number {
  return via[link % via.length]!;
}
