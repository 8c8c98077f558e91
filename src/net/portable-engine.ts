/**
 * The portable socket engine, on node:dgram: one datagram per event. It runs wherever Node does; it cannot
 * bind to a device, choose the source address of an answer, batch or segment. It is the same relay all the
 * same, several times dearer per packet. Lives on its thread's event loop.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { ADDRESS_WORDS, familyOf, formatAddress, type SocketAddress, writeAddressWords } from './address.ts';
import { Batch, KEEP_BYTES, UNKNOWN_PATH } from './batch.ts';
import { nowMs } from './clock.ts';
import { type Counters, P, R } from './counters.ts';
import {
  type Engine,
  type Fault,
  isFault,
  type Notice,
  type Opened,
  type PathSpec,
  type RelayCore,
  type Side,
} from './engine.ts';
import { OPENING, openPortableSocket, PortableDestination } from './portable-socket.ts';

const TICK_MS = 250;
/** Senders whose address words are kept ready; past this many, all are forgotten and computed again. */
const MOST_KNOWN_SENDERS = 4096;
const LONGEST_BYTES = 65_536;
const WILDCARDS = ['0.0.0.0', '::'];
/** No interface has the address, or it is not yet known to be nobody else's (IPv6). */
const GONE = 'EADDRNOTAVAIL';

export interface PortableEngineOptions {
  readonly core: RelayCore;
  readonly counters: Counters;
  onNotice(notice: Notice): void;
}

export class PortableEngine implements Engine {
  readonly name = 'portable';
  readonly #core: RelayCore;
  readonly #counters: Counters;
  readonly #onNotice: (notice: Notice) => void;
  /** Room for one datagram, and the core's memory behind it. */
  readonly #batch = new Batch(new Uint8Array(LONGEST_BYTES + KEEP_BYTES), 1, 1, LONGEST_BYTES);
  readonly #paths: (PortableDestination | undefined)[] = [];
  readonly #pathSockets = new Map<number, Socket>();
  readonly #wireguards: (PortableDestination | undefined)[] = [];
  readonly #upstreams = new Map<number, Socket>();
  /** Sessions whose socket towards WireGuard the system refused. */
  readonly #unopened = new Set<number>();
  /** Listening sockets by their local address: a server listening everywhere has one per address. */
  readonly #listening = new Map<string, Socket>();
  #listensEverywhereOn: SocketAddress | undefined;
  /** The system refused to listen on an address that came later, or to tell which there are. */
  #isDeafSomewhere = false;
  readonly #senders = new Map<string, Uint32Array>();
  #upstreamAddress: SocketAddress | undefined;
  /** The socket and sender of the datagram in the batch, for the core's `learnPath`. */
  #arrival: { readonly socket: Socket; readonly from: RemoteInfo } | undefined;
  #end: () => void = () => {};

  constructor({ core, counters, onNotice }: PortableEngineOptions) {
    this.#core = core;
    this.#counters = counters;
    this.#onNotice = onNotice;
  }

  listen(side: Side, address: SocketAddress, opened: Opened): void {
    if (side === 'network' && WILDCARDS.includes(address.address)) {
      this.#listensEverywhereOn = address;
      this.#listenOnEveryAddress(opened);
    } else {
      this.#listenOn(side, address, opened);
    }
  }

  openPath(path: number, spec: PathSpec, opened: Opened): void {
    const { destination, source, name } = spec;
    const wildcard = familyOf(destination.address) === 4 ? '0.0.0.0' : '::';
    const block = this.#counters.pathBlock(path);
    const socket = openPortableSocket(
      {
        local: { address: source ?? wildcard, port: 0 },
        remote: destination,
        attempt: `Cannot open path "${name}" to ${formatAddress(destination)}`,
        onDatagram: (datagram) => this.#fromNetwork(datagram, path),
        onLateError: () => this.#counters.values[block + P.refused]!++,
      },
      (result) => {
        if (isFault(result)) this.#pathSockets.delete(path);
        else this.#paths[path] = new PortableDestination(socket, undefined, this.#counters, block);
        opened(result);
      },
    );
    this.#pathSockets.set(path, socket);
  }

  closePath(path: number): void {
    this.#pathSockets.get(path)?.close();
    this.#pathSockets.delete(path);
    this.#paths[path] = undefined;
  }

  setUpstream(address: SocketAddress): void {
    this.#upstreamAddress = address;
    for (const session of [...this.#upstreams.keys(), ...this.#unopened]) {
      this.closeUpstream(session);
      this.openUpstream(session);
    }
  }

  openUpstream(session: number): boolean {
    const remote = this.#upstreamAddress;
    if (remote === undefined) return false;
    const attempt = `Cannot reach WireGuard at ${formatAddress(remote)}`;
    const local = { address: familyOf(remote.address) === 4 ? '0.0.0.0' : '::', port: 0 };
    const onDatagram = (datagram: Buffer) => this.#fromWireguard(datagram, session);
    const socket = openPortableSocket({ local, remote, attempt, onDatagram }, (result) => {
      if (this.#upstreams.get(session) !== socket) return;
      if (!isFault(result)) {
        this.#wireguards[session]?.open();
        if (this.#unopened.delete(session)) this.#reopen();
        return;
      }
      this.#upstreams.delete(session);
      this.#wireguards[session] = undefined;
      if (this.#unopened.has(session)) return;
      this.#unopened.add(session);
      this.#counters.values[R.upstreamFailed]!++;
      this.#onNotice({ kind: 'upstream-failed', path: UNKNOWN_PATH, message: result.message });
    });
    this.#upstreams.set(session, socket);
    this.#wireguards[session] = new PortableDestination(socket, undefined, this.#counters, -1, OPENING);
    return true;
  }

  closeUpstream(session: number): void {
    this.#unopened.delete(session);
    this.#upstreams.get(session)?.close();
    this.#upstreams.delete(session);
    this.#wireguards[session] = undefined;
  }

  learnPath(path: number): void {
    const { socket, from } = this.#arrival!;
    this.#paths[path] = new PortableDestination(socket, from, this.#counters, this.#counters.pathBlock(path));
  }

  forgetPath(path: number): void {
    this.#paths[path] = undefined;
  }

  /** Its sockets have room for twenty dead neighbours. */
  setApart(): void {}

  retry(): void {
    if (this.#listensEverywhereOn === undefined) return;
    this.#listenOnEveryAddress((result) => {
      this.#isDeafSomewhere = isFault(result);
    });
  }

  run(): Promise<void> {
    const timer = setInterval(() => {
      this.#core.tick(nowMs());
      this.#reopen();
      if (this.#isDeafSomewhere) this.retry();
    }, TICK_MS);
    return new Promise((resolve) => {
      this.#end = () => {
        clearInterval(timer);
        resolve();
      };
    });
  }

  stop(): void {
    for (const path of [...this.#pathSockets.keys()]) this.closePath(path);
    for (const session of [...this.#upstreams.keys(), ...this.#unopened]) this.closeUpstream(session);
    for (const socket of this.#listening.values()) socket.close();
    this.#end();
  }

  /** One after the other: there may be a way to WireGuard by now, or a descriptor. What one is refused all are. */
  #reopen(): void {
    const [session] = this.#unopened;
    if (session !== undefined && !this.#upstreams.has(session)) this.openUpstream(session);
  }

  #fromWireguard(datagram: Buffer, session: number): void {
    const core = this.#core;
    const now = nowMs();
    this.#load(datagram, UNKNOWN_PATH);
    core.fromWireguard(session, this.#batch.at(now));
    for (let i = 0; i < core.targetCount; i++) this.#paths[core.targets[i]!]?.send(datagram, now);
    core.rest();
  }

  #fromNetwork(datagram: Buffer, path: number): void {
    const now = nowMs();
    this.#load(datagram, path);
    this.#core.fromNetwork(this.#batch.at(now));
    const session = this.#batch.to[0]!;
    if (session >= 0) this.#toWireguard(session, datagram, now);
    this.#core.rest();
  }

  #toWireguard(session: number, datagram: Buffer, now: number): void {
    const wireguard = this.#wireguards[session];
    if (wireguard === undefined) this.#counters.values[R.noWireguard]!++;
    else wireguard.send(datagram, now);
  }

  /** Copies `datagram` into the batch; it goes out from its own memory, so a send that waits may keep it. */
  #load(datagram: Buffer, path: number): void {
    const batch = this.#batch;
    batch.bytes.set(datagram);
    batch.count = 1;
    batch.length[0] = datagram.length;
    batch.path[0] = path;
  }

  #listenOn(side: Side, address: SocketAddress, opened: Opened): void {
    const socket = openPortableSocket(
      {
        local: address,
        attempt: `Cannot listen on ${formatAddress(address)}`,
        onDatagram: (datagram, from) => {
          if (side === 'wireguard') this.#fromLocalWireguard(socket, datagram, from);
          else this.#fromAnybody(socket, datagram, from);
        },
      },
      (result) => {
        if (isFault(result)) this.#listening.delete(address.address);
        opened(result);
      },
    );
    this.#listening.set(address.address, socket);
  }

  /** The client's WireGuard is wherever the last datagram that deserves the name came from. */
  #fromLocalWireguard(socket: Socket, datagram: Buffer, from: RemoteInfo): void {
    this.#fromWireguard(datagram, 0);
    if (this.#batch.to[0]! < 0) return;
    if (this.#arrival?.from.port === from.port && this.#arrival.from.address === from.address) return;
    this.#arrival = { socket, from };
    this.#wireguards[0] = new PortableDestination(socket, from, this.#counters, -1);
  }

  #fromAnybody(socket: Socket, datagram: Buffer, from: RemoteInfo): void {
    this.#arrival = { socket, from };
    this.#batch.source.set(this.#wordsOf(from));
    this.#fromNetwork(datagram, UNKNOWN_PATH);
  }

  #wordsOf(from: RemoteInfo): Uint32Array {
    const key = `${from.address}|${from.port}`;
    let words = this.#senders.get(key);
    if (words === undefined) {
      words = new Uint32Array(ADDRESS_WORDS);
      writeAddressWords(words, 0, from);
      if (this.#senders.size === MOST_KNOWN_SENDERS) this.#senders.clear();
      this.#senders.set(key, words);
    }
    return words;
  }

  /** One socket per address, because node:dgram cannot say which address a datagram came to. */
  #listenOnEveryAddress(opened: Opened): void {
    const everywhere = this.#listensEverywhereOn!;
    const isIPv4Only = everywhere.address === '0.0.0.0';
    let interfaces: ReturnType<typeof networkInterfaces>;
    try {
      interfaces = networkInterfaces();
    } catch (error) {
      const attempt = `Cannot listen on ${formatAddress(everywhere)}`;
      opened({ code: 'UNKNOWN', message: `${attempt}: ${(error as Error).message}` }); // no descriptor left for it, say
      return;
    }
    const missing = Object.values(interfaces)
      .flatMap((entries) => entries ?? [])
      .filter((entry) => entry.family === 'IPv4' || (!isIPv4Only && entry.scopeid === 0))
      .filter((entry) => !this.#listening.has(entry.address));
    let waiting = missing.length;
    let fault: Fault | undefined;
    for (const { address } of missing) {
      this.#listenOn('network', { address, port: everywhere.port }, (result) => {
        // An address that is gone since it was listed is no fault while there are others.
        if (isFault(result) && !(fault !== undefined && result.code === GONE)) fault = result;
        if (--waiting > 0) return;
        opened(fault === undefined || (fault.code === GONE && this.#listening.size > 0) ? everywhere : fault);
      });
    }
    if (missing.length === 0) opened(everywhere);
  }
}
