/*
 * What an existing wg-quick file tells, and what has to change in it so that its tunnel runs through rengarde:
 * on a client the endpoint, the keepalive and the MTU, on a server the listening port and the MTU. The file
 * itself stays as it is; the change is for a copy.
 */
import { basename } from 'node:path';
import { type HostPort, parseDstAddr, quote } from '../config/index.ts';
import type { ExistingWireguard, Host } from './answers.ts';
import { InitError } from './init-error.ts';
import { publicKeyText } from './keys.ts';
import { entryOf, keyOf, listOf, numberOf, type Section, type WgQuickFile } from './wg-quick.ts';
import { type DiffLine, WgQuickEdit } from './wg-quick-edit.ts';
import { KEEPALIVE_SECONDS } from './wireguard-file.ts';

const PORTS = [1, 65_535] as const;
const MTUS_BYTES = [68, 65_535] as const;
/** A third of rengarde-server's clientTimeout, so that two may get lost on all links. */
const MAX_KEEPALIVE_SECONDS = 10;
/** wg-quick's, on a server: it has no endpoint to look for a link by. */
const DEFAULT_MTU_BYTES = 1420;

/** What the file tells. */
export interface Adopted {
  readonly interfaceName: string;
  readonly hasIpv6: boolean;
  /** Where the server's WireGuard listens, when the file tells. */
  readonly listenPort?: number;
  /** Of the server's WireGuard, in base64. */
  readonly serverPublicKey?: string;
  /** What the peer's AllowedIPs are, on a client. */
  readonly allowedIps: readonly string[];
  /** wg-quick writes the running state over the file when it takes the tunnel down. */
  readonly savesConfig: boolean;
}

/** A change of the file. */
export interface Change {
  readonly text: string;
  readonly diff: readonly DiffLine[];
  readonly isChanged: boolean;
}

/** Of a file that was made for a client, where its server is; undefined without an endpoint. */
export function endpointOf(file: WgQuickFile, peerPublicKey?: string): HostPort | undefined {
  const entry = entryOf([peerOf(file, peerPublicKey)], 'endpoint');
  if (entry === undefined) return undefined;
  const endpoint = parseDstAddr(entry.value);
  if (typeof endpoint !== 'string') return endpoint;
  throw new InitError(
    `Cannot use ${file.file}:${entry.line + 1}: found Endpoint ${quote(entry.value)}, want ${endpoint}`,
  );
}

/** A file whose peers have endpoints is a client's: a server's WireGuard learns where its clients are. */
export function hostOf({ peers }: WgQuickFile): Host {
  return entryOf(peers, 'endpoint') === undefined ? 'server' : 'client';
}

/** @throws {InitError} when the file says what cannot be */
export function readExisting({ file, host, peerPublicKey }: ExistingWireguard): Adopted {
  const { interfaces, peers } = file;
  const common = {
    interfaceName: basename(file.file).replace(/\.conf$/, ''),
    hasIpv6: listOf([...interfaces, ...peers], 'address')
      .concat(listOf(peers, 'allowedips'))
      .some((address) => address.includes(':')),
    savesConfig: entryOf(interfaces, 'saveconfig')?.value.toLowerCase() === 'true',
  };
  if (host === 'server') {
    const privateKey = keyOf(file, interfaces, 'privatekey');
    const listenPort = numberOf(file, interfaces, 'listenport', PORTS);
    return {
      ...common,
      allowedIps: [],
      ...(listenPort !== undefined && { listenPort }),
      ...(privateKey !== undefined && { serverPublicKey: publicKeyText(privateKey) }),
    };
  }
  const peer = peerOf(file, peerPublicKey);
  const serverPublicKey = keyOf(file, [peer], 'publickey');
  const endpoint = endpointOf(file, peerPublicKey);
  return {
    ...common,
    allowedIps: listOf([peer], 'allowedips'),
    ...(endpoint !== undefined && !endpoint.host.startsWith('127.') && { listenPort: endpoint.port }),
    ...(serverPublicKey !== undefined && { serverPublicKey }),
  };
}

/**
 * @param endpoint client.listenAddr
 * @param mtuBytes as much as fits; a lower one in the file stays, unless `isMtuWanted`
 */
export function changeClient(
  { file, peerPublicKey }: ExistingWireguard,
  endpoint: string,
  mtuBytes: number,
  isMtuWanted: boolean,
): Change {
  const edit = new WgQuickEdit(file);
  const peer = peerOf(file, peerPublicKey);
  const port = numberOf(file, file.interfaces, 'listenport', PORTS);
  if (port !== undefined && endpoint.endsWith(`:${port}`)) {
    throw new InitError(
      `Cannot listen on ${endpoint}: WireGuard takes that port (ListenPort in ${file.file}), want another: --client-port`,
    );
  }
  // Without one wg-quick asks the route to the endpoint, which is loopback's: 65456.
  setMtu(edit, file, mtuBytes, isMtuWanted, Number.POSITIVE_INFINITY);
  edit.set(peer, 'Endpoint', endpoint);
  const keepalive = entryOf([peer], 'persistentkeepalive')?.value.toLowerCase() ?? 'off';
  const keepaliveSeconds = keepalive === 'off' ? 0 : Number(keepalive);
  if (!(keepaliveSeconds > 0 && keepaliveSeconds <= MAX_KEEPALIVE_SECONDS)) {
    edit.set(peer, 'PersistentKeepalive', String(KEEPALIVE_SECONDS));
  }
  return { text: edit.text(), diff: edit.diff(), isChanged: edit.isChanged };
}

/** As `changeClient`. */
export function changeServer(
  { file, listenPort }: ExistingWireguard,
  mtuBytes: number,
  isMtuWanted: boolean,
): Change {
  const edit = new WgQuickEdit(file);
  if (entryOf(file.interfaces, 'listenport') === undefined) {
    edit.set(file.interfaces.at(-1)!, 'ListenPort', String(listenPort));
  }
  setMtu(edit, file, mtuBytes, isMtuWanted, DEFAULT_MTU_BYTES);
  return { text: edit.text(), diff: edit.diff(), isChanged: edit.isChanged };
}

function setMtu(
  edit: WgQuickEdit,
  file: WgQuickFile,
  mtuBytes: number,
  isWanted: boolean,
  withoutOneBytes: number,
): void {
  const written = numberOf(file, file.interfaces, 'mtu', MTUS_BYTES);
  const nowBytes = written ?? withoutOneBytes;
  if (nowBytes <= mtuBytes && !(isWanted && nowBytes !== mtuBytes)) return;
  const section = file.interfaces.findLast((one) => entryOf([one], 'mtu') !== undefined);
  edit.set(section ?? file.interfaces.at(-1)!, 'MTU', String(mtuBytes));
}

/** The one that was named, the only one, or the only one with an endpoint. */
function peerOf({ file, peers }: WgQuickFile, publicKey?: string): Section {
  if (publicKey !== undefined) {
    const named = peers.find((peer) => entryOf([peer], 'publickey')?.value === publicKey);
    if (named !== undefined) return named;
    throw new InitError(
      `Cannot use ${file}: found no peer with the public key ${publicKey}, want one of its own`,
    );
  }
  const candidates =
    peers.length === 1 ? peers : peers.filter((peer) => entryOf([peer], 'endpoint') !== undefined);
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const wanted = 'want the public key of the one to reach through rengarde: --peer-public-key';
  throw new InitError(
    peers.length === 0
      ? `Cannot use ${file}: found no [Peer] section, want the server there`
      : `Cannot use ${file}: found ${peers.length} peers, ${wanted}`,
  );
}
