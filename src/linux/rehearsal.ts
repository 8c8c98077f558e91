/**
 * Runs the loop before its first real socket opens: datagrams of every usual kind through a client's and a
 * server's engine over loopback, so that the code is compiled for what will come. Cold code costs the first
 * packets of a tunnel milliseconds each. Bounded in time; leaves nothing open behind.
 */
import {
  Batch,
  Counters,
  isFault,
  nowMs,
  type RelayCore,
  type SocketAddress,
  UNKNOWN_PATH,
} from '../net/index.ts';
import { SOCKADDR_SPACE } from './constants.ts';
import { Destination } from './destination.ts';
import { LinuxEngine } from './engine.ts';
import { close } from './ffi.ts';
import { Region } from './memory.ts';
import { Receiver } from './receiver.ts';
import { Sender } from './sender.ts';
import { openConnected, UdpSocket, WIREGUARD_BUFFERS } from './udp-socket.ts';

const ANYWHERE: SocketAddress = { address: '127.0.0.1', port: 0 };
const ATTEMPT = 'Cannot rehearse';
const PATHS = 2;
/** Sizes of a round's datagrams: a lone small one, a run, a run with a shorter end, a mixture. */
const ROUNDS: readonly (readonly number[])[] = [
  [128],
  [1452, 1452, 1452],
  [1452, 1452, 96],
  [96, 1452, 148, 592],
];
const LONGEST = 1452;
const MOST = 4;

export interface RehearsalCores {
  readonly counters: Counters;
  /** A client's core, its paths 0 and 1 open. */
  readonly client: RelayCore;
  /** A server's core, made for this engine. */
  server(engine: LinuxEngine): void;
  readonly serverCore: RelayCore;
}

/** Ends after `budgetMs`, or at once when the system gives it no sockets: then the first packets are slower. */
export async function rehearse(cores: RehearsalCores, budgetMs: number): Promise<void> {
  const quiet = { counters: cores.counters, onNotice: () => {}, onWake: () => {} };
  const client = new LinuxEngine({ ...quiet, core: cores.client });
  const server = new LinuxEngine({ ...quiet, core: cores.serverCore });
  cores.server(server);
  try {
    play(client, server, nowMs() + budgetMs);
  } catch {
    // Loopback forbidden, or out of descriptors: the real sockets will say what is the matter.
  }
  for (const engine of [client, server]) {
    engine.stop();
    await engine.run();
    close(engine.wakeFd);
  }
}

function play(client: LinuxEngine, server: LinuxEngine, untilMs: number): void {
  const far = new FarEnd();
  const near = new NearEnd(addressOf((opened) => client.listen('wireguard', ANYWHERE, opened)));
  server.setUpstream(far.socket.localAddress());
  const destination = addressOf((opened) => server.listen('network', ANYWHERE, opened));
  for (let path = 0; path < PATHS; path++) {
    addressOf((opened) => client.openPath(path, { name: 'rehearsal', destination }, opened));
  }
  for (let round = 0; nowMs() < untilMs; round++) {
    near.send(ROUNDS[round % ROUNDS.length]!);
    client.turn(0);
    server.turn(0);
    far.answer();
    server.turn(0);
    client.turn(0);
    near.drain();
  }
  near.close();
  far.close();
}

function addressOf(open: (opened: Parameters<LinuxEngine['listen']>[2]) => void): SocketAddress {
  let address = ANYWHERE;
  open((result) => {
    if (isFault(result)) throw new Error(result.message);
    address = result;
  });
  return address;
}

/** The client's WireGuard: sends data packets with rising counters. */
class NearEnd {
  readonly socket: UdpSocket;
  readonly #memory = new Region(MOST * LONGEST);
  readonly #batch = new Batch(this.#memory.bytes, MOST, MOST);
  readonly #sender: Sender;
  readonly #destination: Destination;
  readonly #receiver = new Receiver();
  #counter = 0;

  constructor(destination: SocketAddress) {
    this.socket = openConnected({ destination, buffers: WIREGUARD_BUFFERS, attempt: ATTEMPT });
    this.#sender = new Sender(this.#batch, this.#memory.address, Counters.forPaths(1), () => {});
    this.#destination = Destination.ofWireguard(this.socket.fd);
  }

  send(sizes: readonly number[]): void {
    const batch = this.#batch;
    batch.count = sizes.length;
    for (const [i, size] of sizes.entries()) {
      const offset = i * LONGEST;
      batch.offset[i] = offset;
      batch.length[i] = size;
      batch.to[i] = 0;
      batch.view.setUint32(offset, 4, true);
      batch.view.setUint32(offset + 8, this.#counter++, true);
    }
    this.#sender.prepare(0);
    this.#sender.send(this.#destination);
  }

  close(): void {
    this.socket.close();
    this.#receiver.memory.giveBack();
  }

  drain(): void {
    this.#receiver.receive(this.socket.fd, UNKNOWN_PATH);
  }
}

/** The server's WireGuard: sends back what comes. */
class FarEnd {
  readonly socket = new UdpSocket(2, ATTEMPT);
  readonly #receiver = new Receiver();
  readonly #sender: Sender;
  readonly #destination: Destination;

  constructor() {
    this.socket.bindTo(ANYWHERE, ATTEMPT);
    const { batch, memory } = this.#receiver;
    this.#sender = new Sender(batch, memory.address, Counters.forPaths(1), () => {});
    this.#destination = Destination.ofWireguard(this.socket.fd);
    this.#destination.nameLength = this.socket.sockaddrLength;
  }

  close(): void {
    this.socket.close();
    this.#receiver.memory.giveBack();
  }

  answer(): void {
    const { batch, names } = this.#receiver;
    if (this.#receiver.receive(this.socket.fd, UNKNOWN_PATH) <= 0) return;
    this.#destination.name.bytes.set(names.bytes.subarray(0, SOCKADDR_SPACE));
    batch.to.fill(0, 0, batch.count);
    this.#sender.prepare(0);
    this.#sender.send(this.#destination);
  }
}
