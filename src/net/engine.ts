/**
 * The seam between the relay and the operating system. A socket engine receives batches, asks the relay
 * core what to do with them, and carries it out; it knows nothing of WireGuard, roles or configuration.
 * The core knows nothing of sockets. Engines: linux (raw system calls), portable (node:dgram), and the
 * virtual network of the tests.
 */
import type { SocketAddress } from './address.ts';
import type { Batch } from './batch.ts';

/** Which programs sit behind a listening socket: the local WireGuard, or the far relay. */
export type Side = 'wireguard' | 'network';

/** What an engine asks the relay core, in its loop. None of these may throw, wait or allocate. */
export interface RelayCore {
  /** Decides what WireGuard sent on `session`'s socket; every datagram kept goes to all of `targets`. */
  fromWireguard(session: number, batch: Batch): void;
  /** Paths that the batch just decided goes to: the first `targetCount` entries, in sending order. */
  readonly targets: Int32Array;
  readonly targetCount: number;
  /** Decides what came from the network: a session whose WireGuard gets the datagram, or `DROP`. */
  fromNetwork(batch: Batch): void;
  /** Ages what has fallen silent. Called a few times a second while there is traffic, never during a batch. */
  tick(nowMs: number): void;
  /** Another packet loop's core said this with `Neighbours.tell`. Never called during a batch. */
  hear?(note: unknown, nowMs: number): void;
  /** What was decided last is on its way: the time for what can wait. Called after each batch. */
  rest(): void;
}

/** What the relay core asks of its engine when the traffic itself makes paths and sessions (server). */
export interface Outlets {
  /** Opens `session`'s own socket towards WireGuard. False when the system has none left. */
  openUpstream(session: number): boolean;
  closeUpstream(session: number): void;
  /** From now on `path` means the sender of message `message` of `batch`. */
  learnPath(path: number, batch: Batch, message: number): void;
  forgetPath(path: number): void;
  /** The path is silent while its session's others speak, or speaks again: nothing may wait for what waits for it. */
  setApart(path: number, isApart: boolean): void;
}

/**
 * What the core of a server with several packet loops asks of its engine. What one loop tells or hands another
 * arrives in that order.
 */
export interface Neighbours {
  /** Says something to another loop's core: a value that can be cloned. Never lost. */
  tell(loop: number, note: unknown): void;
  /** Gives up the sockets and addresses of a session, for `adopt` of another loop, and closes nothing. */
  release(session: number, paths: readonly number[]): unknown;
  adopt(session: number, paths: readonly number[], released: unknown): void;
  /** Where the system should deliver datagrams with these indices; a wish. All others come to loop 0. */
  steer(indices: readonly number[], loops: readonly number[]): void;
}

/** A client's path, ready to open: where it starts and where it leads. */
export interface PathSpec {
  /** For messages only. */
  readonly name: string;
  /** Source address; absent: the system chooses. */
  readonly source?: string;
  /** Device to bind to where the engine can (`SO_BINDTODEVICE`); absent: none. */
  readonly device?: string;
  readonly destination: SocketAddress;
}

/** A set-up step that failed: the system's call and error name, and a sentence for people. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** Something worth one line in the log that the loop noticed while carrying packets. */
export interface Notice {
  readonly kind: 'segmentation-off' | 'segment-lowered' | 'buffer-small' | 'upstream-failed';
  readonly path: number;
  readonly message: string;
}

/**
 * Told how a set-up call ended: the socket's own address, or what failed. A callback and not a promise,
 * because an engine that waits inside a system call never lets a promise resolve.
 */
export type Opened = (result: SocketAddress | Fault) => void;

/** A socket engine. Set-up calls may be made while it runs, from its own thread. */
export interface Engine extends Outlets {
  readonly name: 'linux' | 'portable';
  /** Opens the listening socket. */
  listen(side: Side, address: SocketAddress, opened: Opened): void;
  /** Opens a client's path socket, connected, so that only its destination's datagrams come in. */
  openPath(path: number, spec: PathSpec, opened: Opened): void;
  closePath(path: number): void;
  /** Where upstream sockets lead (server); open ones follow. */
  setUpstream(address: SocketAddress): void;
  /** The system's interfaces changed: try again what was given up because of them. */
  retry(): void;
  /** Carries datagrams until `stop()`; resolves when every socket is closed. */
  run(): Promise<void>;
  stop(): void;
}

export function isFault(result: SocketAddress | Fault): result is Fault {
  return 'code' in result;
}
