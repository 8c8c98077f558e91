/** What has to be known before any file can be written, whether from flags, questions or an existing file. */
import type { HostPort } from '../config/index.ts';
import type { NetworkInterface } from '../interfaces/index.ts';
import type { Subnet } from './tunnel-net.ts';
import type { WgQuickFile } from './wg-quick.ts';

/** Which of the two hosts. */
export type Host = 'client' | 'server';

/** No WireGuard file is written: only what engarde.yml needs to know is here. */
export interface NoWireguard {
  readonly kind: 'none';
  readonly interfaceName: string;
  /** Where WireGuard listens on the server. */
  readonly listenPort: number;
  /** Of the server's WireGuard, in base64. */
  readonly serverPublicKey?: string;
}

/** WireGuard from zero, with fresh keys. */
export interface NewWireguard {
  readonly kind: 'new';
  readonly interfaceName: string;
  readonly listenPort: number;
  readonly tunnel: readonly Subnet[];
  /** The client's number in `tunnel`; the server's is 1. */
  readonly clientNumber: number;
  /** With `role` client or server: the other host's public key. A client needs it, a server may wait for it. */
  readonly peerPublicKey?: string;
}

/** A wg-quick file of this host, which is changed in a copy where it must be. */
export interface ExistingWireguard {
  readonly kind: 'existing';
  readonly file: WgQuickFile;
  /** Whose it is. */
  readonly host: Host;
  /** Of a client with several peers: the one to reach through rengarde. */
  readonly peerPublicKey?: string;
  /** Where WireGuard shall listen on a server whose file does not say. */
  readonly listenPort: number;
}

/** Everything that was decided. */
export interface Answers {
  /** `client`, `server`: this host's files, with its own key only. `both`: both hosts', made on the client. */
  readonly role: Host | 'both';
  /** Where rengarde-server is reached. */
  readonly server: HostPort;
  /** The port of client.listenAddr, on loopback. */
  readonly clientPort: number;
  readonly wireguard: NoWireguard | NewWireguard | ExistingWireguard;
  /** Names of interfaces that never carry the tunnel, besides WireGuard's own. */
  readonly excluded: readonly string[];
  /** Names of the only ones that do; empty: all usable ones. */
  readonly used: readonly string[];
  readonly overrides: readonly { readonly ifName: string; readonly dstAddr: HostPort }[];
  /** The tunnel's MTU, when the user knows better than the links here. */
  readonly mtuBytes?: number;
}

/** Both halves of a WireGuard key, in base64. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** What is true of this host. */
export interface Facts {
  readonly hostName: string;
  readonly interfaces: readonly NetworkInterface[];
  /** A fresh key pair each time. */
  readonly newKeys: () => KeyPair;
}
