/**
 * The Linux socket engine: one thread, one wait for all sockets, batches in and out. It blocks inside the
 * kernel, so it runs in a worker of its own; other threads wake it through the eventfd `wakeFd`.
 * Decisions are the relay core's (net/engine.ts); this file only carries them out.
 */
import { readSync, writeSync } from 'node:fs';
import {
  type Batch,
  type Counters,
  DROP,
  ELSEWHERE,
  type Engine,
  type Fault,
  formatAddress,
  type Neighbours,
  type Notice,
  type Opened,
  P,
  type PathSpec,
  R,
  type RelayCore,
  type Side,
  type SocketAddress,
  UNKNOWN_PATH,
} from '../net/index.ts';
import { Chains } from './chains.ts';
import { Clock } from './clock.ts';
import { SOCKADDR_SPACE } from './constants.ts';
import { Destination } from './destination.ts';
import { Egress } from './egress.ts';
import { ECONNREFUSED, SystemCallError } from './errors.ts';
import { Exchange, type Line } from './exchange.ts';
import { eventfd } from './ffi.ts';
import { Poller } from './poller.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { domainOf } from './socket-address.ts';
import { openConnected, PATH_BUFFERS, UdpSocket, WIREGUARD_BUFFERS } from './udp-socket.ts';
import { type ReleasedUpstream, Upstreams } from './upstreams.ts';
import { type Way, Ways } from './ways.ts';

/** Also how late a stop can be noticed when its wake-up gets lost. */
const LONGEST_WAIT_MS = 1000;
const TICK_MS = 250;
/** With `lowLatency`: how long after the last datagram the loop still spins before it sleeps again. */
const SPIN_MS = 1000;

/** What a readable descriptor is: WireGuard's side of a session, or the network (one path, or anybody). */
interface Source {
  readonly isWireguard: boolean;
  readonly session: number;
  readonly path: number;
}

/** Where this loop stands among those of one server. */
export interface LoopLines {
  readonly number: number;
  /** Loop 0 has one to each of the others, which have one to loop 0. */
  readonly lines: readonly Line[];
  /** An Int32 for each loop. */
  readonly wakeFds: SharedArrayBuffer;
}

/** What engines tell each other; all else that they carry is their cores'. */
type Note =
  | { readonly is: 'listen'; readonly fd: number; readonly address: SocketAddress }
  | { readonly is: 'core'; readonly note: unknown };

/** The engine's part of a session on its way to another loop. */
interface Released {
  readonly upstream: ReleasedUpstream | undefined;
  /** Of its paths, as the session has them. */
  readonly ways: readonly Way[];
}

export interface LinuxEngineOptions {
  readonly core: RelayCore;
  readonly counters: Counters;
  /** While datagrams flow, ask for the next without a pause: no wake-up to wait for, and a core that is never idle. */
  readonly lowLatency?: boolean;
  /** Absent: this is the only packet loop. */
  readonly loops?: LoopLines | undefined;
  onNotice(notice: Notice): void;
  /** Called in the loop after somebody wrote to `wakeFd`. */
  onWake(): void;
}

export class LinuxEngine implements Engine, Neighbours {
  readonly name = 'linux';
  /** Write eight bytes (a count of 1) to wake the loop. */
  readonly wakeFd: number;
  readonly #core: RelayCore;
  readonly #counters: Counters;
  readonly #options: LinuxEngineOptions;
  readonly #poller = new Poller();
  readonly #receiver = new Receiver();
  readonly #sender: Sender;
  /** By descriptor. */
  readonly #sources: (Source | undefined)[] = [];
  /** By path: where its copies go; and the client's own sockets. */
  readonly #paths: (Destination | undefined)[] = [];
  readonly #pathSockets = new Map<number, UdpSocket>();
  /** By session: its WireGuard. */
  readonly #wireguards: (Destination | undefined)[];
  readonly #upstreams: Upstreams;
  readonly #exchange: Exchange | undefined;
  #listening: UdpSocket | undefined;
  #egress: Egress | undefined;
  #ways: Ways | undefined;
  #isStopping = false;
  /** Looked at whenever a wait has ended. */
  readonly #clock = new Clock();
  #tickedAtMs = 0;
  /** Until then an empty wait is followed by the next at once. */
  #spinsUntilMs = 0;
  readonly #spinMs: number;
  readonly #chains: Chains;

  /** @throws SystemCallError when the system lacks what the loop waits with */
  constructor(options: LinuxEngineOptions) {
    this.#options = options;
    this.#core = options.core;
    this.#counters = options.counters;
    this.#spinMs = options.lowLatency === true ? SPIN_MS : 0;
    const { batch, memory } = this.#receiver;
    this.#chains = new Chains(batch.capacity, options.counters.shape.sessions);
    this.#sender = new Sender(batch, memory.address, options.counters, options.onNotice);
    this.wakeFd = eventfd();
    if (this.wakeFd < 0) throw new SystemCallError('Cannot wake the packet loop', 'eventfd', -this.wakeFd);
    this.#poller.add(this.wakeFd);
    this.#upstreams = new Upstreams({
      onOpened: (socket, session) => this.#watch(socket, { isWireguard: true, session, path: UNKNOWN_PATH }),
      onLeft: (socket) => this.#unwatch(socket),
      onFailure: (message) => options.onNotice({ kind: 'upstream-failed', path: UNKNOWN_PATH, message }),
    });
    this.#wireguards = this.#upstreams.destinations;
    const { loops } = options;
    if (loops === undefined) return;
    this.#exchange = new Exchange(loops.lines, loops.wakeFds);
    Atomics.store(new Int32Array(loops.wakeFds), loops.number, this.wakeFd);
  }

  listen(side: Side, address: SocketAddress, opened: Opened): void {
    attempt(opened, () => {
      if (side === 'network') {
        this.#listenOn(this.#openEgress(address));
      } else {
        this.#listening = openListening(address);
        this.#watch(this.#listening, { isWireguard: true, session: 0, path: UNKNOWN_PATH });
        // No address yet: WireGuard's is known once it has spoken.
        this.#wireguards[0] = undefined;
      }
      return this.#listening!.localAddress();
    });
  }

  openPath(path: number, spec: PathSpec, opened: Opened): void {
    attempt(opened, () => {
      const { destination, source, device, name } = spec;
      const what = `Cannot open path "${name}" to ${formatAddress(destination)}`;
      const socket = openConnected({ destination, source, device, buffers: PATH_BUFFERS, attempt: what });
      this.#pathSockets.set(path, socket);
      try {
        this.#watch(socket, { isWireguard: false, session: 0, path });
      } catch (error) {
        this.closePath(path);
        throw error;
      }
      this.#paths[path] = new Destination(socket.fd, path, this.#counters.pathBlock(path));
      return socket.localAddress();
    });
  }

  closePath(path: number): void {
    this.#drop(this.#pathSockets.get(path));
    this.#pathSockets.delete(path);
    this.#paths[path] = undefined;
  }

  setUpstream(address: SocketAddress): void {
    this.#upstreams.address = address;
  }

  openUpstream(session: number): boolean {
    return this.#upstreams.open(session);
  }

  closeUpstream(session: number): void {
    this.#upstreams.close(session);
  }

  tell(loop: number, note: unknown): void {
    this.#exchange!.tell(loop, { is: 'core', note } satisfies Note);
  }

  release(session: number, paths: readonly number[]): Released {
    return { upstream: this.#upstreams.release(session), ways: this.#ways!.release(paths) };
  }

  adopt(session: number, paths: readonly number[], released: unknown): void {
    const { upstream, ways } = released as Released;
    this.#upstreams.adopt(session, upstream);
    this.#ways!.adopt(paths, ways);
  }

  steer(indices: readonly number[], loops: readonly number[]): void {
    this.#egress?.steer(indices, loops);
  }

  learnPath(path: number, _batch: Batch, message: number): void {
    this.#ways!.learn(path, this.#receiver, message);
  }

  forgetPath(path: number): void {
    this.#paths[path] = undefined;
  }

  setApart(path: number, isApart: boolean): void {
    this.#ways?.setApart(path, isApart);
  }

  retry(): void {
    this.#clock.look();
    for (const destination of this.#paths) destination?.retrySegments(this.#clock.nowMs, true);
  }

  stop(): void {
    this.#isStopping = true;
  }

  async run(): Promise<void> {
    while (!this.#isStopping) this.turn(this.#clock.nowMs < this.#spinsUntilMs ? 0 : LONGEST_WAIT_MS);
    this.#close();
    this.#receiver.memory.giveBack();
  }

  /** Waits up to `timeoutMs` for datagrams and carries what has come. The whole loop is this, over and over. */
  turn(timeoutMs: number): void {
    const ready = this.#poller.wait(timeoutMs);
    this.#clock.look();
    this.#sender.nowMs = this.#clock.nowMs;
    this.#receiver.batch.nowMs = this.#clock.nowMs;
    for (let i = 0; i < ready; i++) this.#read(this.#poller.readable(i));
    if (this.#clock.nowMs - this.#tickedAtMs >= TICK_MS) this.#tick();
    if (this.#exchange === undefined) return;
    this.#core.rest();
    this.#exchange.flush();
  }

  #read(fd: number): void {
    if (fd === this.wakeFd) {
      this.#wake();
      return;
    }
    const source = this.#sources[fd];
    if (source === undefined) return;
    const messages = this.#receiver.receive(fd, source.path);
    if (messages <= 0) {
      this.#countLateError(source.path, -messages);
      return;
    }
    this.#spinsUntilMs = this.#clock.nowMs + this.#spinMs;
    if (source.isWireguard) this.#fromWireguard(source.session);
    else this.#fromNetwork(messages, source.path === UNKNOWN_PATH);
  }

  #fromWireguard(session: number): void {
    const core = this.#core;
    core.fromWireguard(session, this.#receiver.batch);
    if (core.targetCount > 0 && this.#sender.prepare(session) > 0) {
      for (let i = 0; i < core.targetCount; i++) {
        const destination = this.#paths[core.targets[i]!];
        if (destination !== undefined) this.#sender.send(destination);
      }
    }
    if (this.#egress === undefined) this.#followWireguard();
    core.rest();
  }

  #fromNetwork(messages: number, isShared: boolean): void {
    const { batch } = this.#receiver;
    this.#core.fromNetwork(batch);
    if (this.#exchange !== undefined) this.#handOver(this.#exchange);
    if (batch.count === 1) {
      // As the chains below would, which are for many.
      const session = batch.to[0]!;
      if (session >= 0) this.#toWireguard(session, this.#sender.prepare(session));
    } else {
      const chains = this.#chains;
      chains.build(batch);
      for (let i = 0; i < chains.count; i++) {
        const session = chains.sessions[i]!;
        this.#toWireguard(session, this.#sender.prepareChain(chains, session));
      }
    }
    if (isShared) this.#ways!.follow(this.#receiver, messages);
    this.#core.rest();
  }

  /** Sends what was prepared to a session's WireGuard. */
  #toWireguard(session: number, datagrams: number): void {
    const wireguard = this.#wireguards[session];
    if (wireguard === undefined) this.#counters.values[R.noWireguard]! += datagrams;
    else this.#sender.send(wireguard);
  }

  /** The client's WireGuard is wherever the last datagram that deserves the name came from. */
  #followWireguard(): void {
    const { batch, names } = this.#receiver;
    let last = batch.count - 1;
    while (last >= 0 && batch.to[last] === DROP) last--;
    if (last < 0) return;
    this.#wireguards[0] ??= Destination.ofWireguard(this.#listening!.fd);
    const wireguard = this.#wireguards[0];
    const at = (batch.message[last]! * SOCKADDR_SPACE) >>> 2;
    for (let i = 0; i < SOCKADDR_SPACE / 4; i++) wireguard.name.words[i] = names.words[at + i]!;
    wireguard.nameLength = this.#listening!.sockaddrLength;
  }

  /** What other packet loops decide. */
  #handOver(exchange: Exchange): void {
    const { batch } = this.#receiver;
    for (let i = 0; i < batch.count; i++) {
      if (batch.to[i] !== ELSEWHERE || exchange.hand(this.#receiver, i)) continue;
      this.#counters.values[R.handoverFull]!++;
    }
  }

  /** What other packet loops have sent. */
  #takeOver(exchange: Exchange): void {
    const isEmpty = exchange.take(
      this.#receiver,
      (messages) => this.#fromNetwork(messages, true),
      (note) => this.#hear(note as Note),
    );
    if (!isEmpty) writeSync(this.wakeFd, ONE);
  }

  #hear(note: Note): void {
    if (note.is === 'core') this.#core.hear?.(note.note, this.#clock.nowMs);
    else this.#listenOn(Egress.of(note.fd, note.address));
  }

  #openEgress(address: SocketAddress): Egress {
    const lines = this.#options.loops?.lines ?? [];
    return Egress.open(address, lines.length, (fds) => {
      for (const [i, { loop }] of lines.entries()) {
        this.#exchange!.tell(loop, { is: 'listen', fd: fds[i]!, address } satisfies Note);
      }
    });
  }

  #listenOn(egress: Egress): void {
    this.#egress = egress;
    this.#listening = egress.listening;
    this.#ways = new Ways(egress, this.#counters, this.#paths);
    this.#watch(egress.listening, { isWireguard: false, session: 0, path: UNKNOWN_PATH });
  }

  /** A connected socket reports what became of an earlier datagram when it is read from. */
  #countLateError(path: number, errno: number): void {
    if (path !== UNKNOWN_PATH && errno === ECONNREFUSED) {
      this.#counters.values[this.#counters.pathBlock(path) + P.refused]!++;
    }
  }

  #wake(): void {
    readSync(this.wakeFd, WAKE_COUNT);
    this.#options.onWake();
    if (this.#exchange !== undefined) this.#takeOver(this.#exchange);
  }

  #tick(): void {
    const now = this.#clock.nowMs;
    this.#tickedAtMs = now;
    this.#core.tick(now);
    this.#upstreams.retry();
    for (const destination of this.#paths) destination?.retrySegments(now, false);
  }

  #watch(socket: UdpSocket, source: Source): void {
    this.#sources[socket.fd] = source;
    this.#poller.add(socket.fd);
  }

  #drop(socket: UdpSocket | undefined): void {
    if (socket === undefined) return;
    this.#unwatch(socket);
    socket.close();
  }

  #unwatch(socket: UdpSocket): void {
    this.#sources[socket.fd] = undefined;
    this.#poller.remove(socket.fd);
  }

  #close(): void {
    for (const path of [...this.#pathSockets.keys()]) this.closePath(path);
    this.#upstreams.closeAll();
    if (this.#egress !== undefined) this.#egress.close();
    else this.#listening?.close();
    this.#poller.close();
  }
}

const WAKE_COUNT = new Uint8Array(8);
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer);

function openListening(address: SocketAddress): UdpSocket {
  const what = `Cannot listen on ${formatAddress(address)}`;
  const socket = new UdpSocket(domainOf(address.address), what);
  socket.acceptIPv4Too();
  socket.offloadReceive();
  socket.bindTo(address, what);
  socket.sizeBuffers(WIREGUARD_BUFFERS);
  return socket;
}

function attempt(opened: Opened, open: () => SocketAddress): void {
  let result: SocketAddress | Fault;
  try {
    result = open();
  } catch (error) {
    result = faultOf(error);
  }
  opened(result);
}

function faultOf(error: unknown): Fault {
  if (error instanceof SystemCallError) return { code: error.code, message: error.message };
  throw error;
}
