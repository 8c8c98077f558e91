/**
 * A real WireGuard in a namespace: `wireguard-go` in the foreground, set up by `wg` (man 8 wg) and `ip`.
 *
 * Control sockets lie in /var/run/wireguard, which all namespaces share: each interface's name is unique to
 * its lab, and carries the process id so that a later run can remove what a killed one left behind.
 */
import { readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { isAlive, type Namespace, runCommand } from './namespace.ts';
import { Program } from './program.ts';

const socketFolder = '/var/run/wireguard';
let started = 0;

/** Base64 keys as `wg` prints them. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface WireguardOptions {
  readonly namespace: Namespace;
  readonly keys: KeyPair;
  /** UDP port of WireGuard itself; 0 lets it choose. */
  readonly listenPort: number;
  /** Addresses with prefix length inside the tunnel. */
  readonly addresses: readonly string[];
  /** MTU of the tunnel in bytes. */
  readonly mtu: number;
  readonly peer: Peer;
  /** The peers of a server of many, after `peer`. */
  readonly otherPeers?: readonly Peer[];
}

export interface Peer {
  readonly publicKey: string;
  readonly allowedIps: readonly string[];
  /** `IP:port`; absent: learned from the peer's packets. */
  readonly endpoint?: string;
  readonly keepaliveSeconds?: number;
}

export interface PeerState {
  readonly publicKey: string;
  /** `(none)` without one. */
  readonly endpoint: string;
  /** Unix time in seconds, 0 when there was none. */
  readonly latestHandshake: number;
}

/** A running tunnel interface. */
export interface Wireguard {
  readonly interfaceName: string;
  readonly program: Program;
  /** Unix time in seconds of the last handshake with `peer`, 0 when there was none. */
  latestHandshake(): Promise<number>;
  /** What WireGuard knows now of each peer. */
  peers(): Promise<PeerState[]>;
  /** Ends wireguard-go; the interface and its socket go with it. */
  stop(): Promise<void>;
}

/** A fresh key pair from `wg genkey`. */
export async function generateKeys(): Promise<KeyPair> {
  const privateKey = (await runCommand('wg', ['genkey'])).trim();
  const publicKey = (await runCommand('wg', ['pubkey'], { input: privateKey })).trim();
  return { privateKey, publicKey };
}

/** Starts wireguard-go and sets it up; resolves when the interface is up, before any handshake. */
export async function startWireguard(options: WireguardOptions): Promise<Wireguard> {
  if (started === 0) removeStaleSockets();
  started += 1;
  const { namespace, peer } = options;
  const name = `rgl${process.pid}w${started}`;
  const program = new Program(namespace, 'wireguard-go', ['--foreground', name], { LOG_LEVEL: 'error' });
  const peers = async () =>
    (await namespace.run('wg', ['show', name, 'dump'])).trim().split('\n').slice(1).map(peerState);
  try {
    await program.waitFor(`control socket of ${name}`, () => hasControlSocket(name));
    const configuration = [
      '[Interface]',
      `PrivateKey = ${options.keys.privateKey}`,
      `ListenPort = ${options.listenPort}`,
      ...[peer, ...(options.otherPeers ?? [])].flatMap(peerSection),
    ];
    // The standard input that Node gives is a socket, which cannot be opened by name; cat's pipe can.
    const setConfiguration = `cat | wg setconf ${name} /dev/stdin`;
    await namespace.run('sh', ['-c', setConfiguration], { input: `${configuration.join('\n')}\n` });
    await namespace.ip(
      `link set ${name} mtu ${options.mtu}`,
      ...options.addresses.map((address) => `addr add ${address} dev ${name}`),
      `link set ${name} up`,
    );
  } catch (error) {
    await program.stop();
    throw error;
  }
  return {
    interfaceName: name,
    program,
    latestHandshake: async () => {
      const all = await peers();
      return all.find(({ publicKey }) => publicKey === peer.publicKey)?.latestHandshake ?? 0;
    },
    peers,
    stop: async () => {
      await program.stop();
    },
  };
}

/** A line of `wg show INTERFACE dump`: public key, preshared key, endpoint, allowed addresses, handshake, and more. */
function peerState(line: string): PeerState {
  const [publicKey = '', , endpoint = '', , latestHandshake] = line.split('\t');
  return { publicKey, endpoint, latestHandshake: Number(latestHandshake) };
}

function peerSection({ publicKey, allowedIps, endpoint, keepaliveSeconds }: Peer): string[] {
  return [
    '[Peer]',
    `PublicKey = ${publicKey}`,
    `AllowedIPs = ${allowedIps.join(', ')}`,
    ...(endpoint === undefined ? [] : [`Endpoint = ${endpoint}`]),
    ...(keepaliveSeconds === undefined ? [] : [`PersistentKeepalive = ${keepaliveSeconds}`]),
  ];
}

/** Asked without `wg`: that one removes a socket that is bound but does not listen yet. */
function hasControlSocket(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(`${socketFolder}/${name}.sock`);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function removeStaleSockets(): void {
  let files: string[] = [];
  try {
    files = readdirSync(socketFolder);
  } catch {
    // No WireGuard ever ran here: nothing stale.
  }
  for (const file of files) {
    const pid = /^rgl(\d+)w\d+\.sock$/.exec(file)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(`${socketFolder}/${file}`, { force: true });
  }
}
