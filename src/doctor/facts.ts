/**
 * Everything that rules judge by, as plain values: probes/ gather them, rules/ only read them, tests write
 * them down. What could not be found out is undefined, never guessed.
 */
import type { ClientConfig, HostPort, Problem, ServerConfig } from '../config/index.ts';
import type { Overview } from '../contract/index.ts';
import type { NetworkInterface, Verdict } from '../interfaces/index.ts';

export type Role = Overview['role'];

export interface Facts {
  readonly file: FileFacts;
  /** Every interface, and whether the client's section uses it; on a server by the defaults. */
  readonly interfaces: readonly Verdict[];
  /** By host name: its addresses, best first; empty when it does not resolve. IP literals are not in it. */
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly wireguard: WireguardFacts;
  readonly sockets: readonly UdpSocket[];
  readonly host: HostFacts;
  readonly running: RunningFacts;
}

export interface ClientFacts extends Facts {
  readonly config: ClientConfig;
  /** The server's section, when the file has a usable one too: the same file may be on both hosts. */
  readonly server?: ServerConfig | undefined;
  readonly links: readonly LinkFacts[];
}

export interface ServerFacts extends Facts {
  readonly config: ServerConfig;
  /** Where a packet to a public address would go; undefined: nowhere, or unknown. */
  readonly publicRoute: Route | undefined;
}

export interface FileFacts {
  readonly name: string;
  readonly warnings: readonly Problem[];
}

/** A way to the server that the file asks for, by interface or under `paths`. */
export interface Link {
  readonly name: string;
  /** The interface it is bound to; absent: it leaves by the routing table. */
  readonly device?: NetworkInterface;
  readonly destination: HostPort;
  /** IP address sent to and from, as far as they are known. */
  readonly address?: string;
  readonly source?: string;
  /** Why nothing can be sent on it, whatever the routes. */
  readonly obstacle?: 'no-device' | 'no-address' | 'no-family' | 'unresolved' | 'source-missing';
}

export interface LinkFacts extends Link {
  /** What the kernel answers for its packets; undefined: nobody could be asked. */
  readonly route: Route | 'none' | undefined;
  /** The same without regard to the interface, which is how answers are judged by the reverse-path filter. */
  readonly unboundRoute: Route | 'none' | undefined;
}

export interface Route {
  readonly device: string;
  readonly gateway?: string;
  /** Of the route, when it has its own: set by hand or learned from the network. */
  readonly mtu?: number;
}

export interface WireguardFacts {
  readonly devices: readonly WireguardDevice[];
  /** Interfaces that are WireGuard's but did not say what they are set to, and why. */
  readonly unread: readonly { readonly name: string; readonly why: string }[];
}

export interface WireguardDevice {
  readonly name: string;
  /** Bytes. */
  readonly mtu: number;
  /** Base64; empty: it has none yet. */
  readonly publicKey: string;
  readonly listenPort: number;
  readonly peers: readonly WireguardPeer[];
}

export interface WireguardPeer {
  readonly publicKey: string;
  /** `IP:port`; absent: not known yet. */
  readonly endpoint?: string;
  readonly allowedIps: readonly string[];
  /** Unix seconds; 0: never. */
  readonly latestHandshakeSeconds: number;
  /** 0: off. */
  readonly keepaliveSeconds: number;
}

export interface UdpSocket {
  readonly address: string;
  readonly port: number;
  /** Absent: the kernel's own, such as WireGuard's, or of a program that this user may not look into. */
  readonly holder?: Holder;
}

export interface Holder {
  readonly pid: number;
  readonly name: string;
  /** Which of the two programs of this project it is. */
  readonly role?: Role;
}

export interface HostFacts {
  /** `uname -r`. */
  readonly kernel: string;
  /** Of the running program, else of this process: CapEff in /proc/PID/status. */
  readonly capabilities: bigint;
  /** The program would start without a capability to bind to lower ports than this. */
  readonly firstFreePort: number;
  /** net.core.rmem_max in bytes; undefined where the kernel does not show it. */
  readonly receiveBufferLimitBytes: number | undefined;
  /** net.ipv4.conf.NAME.rp_filter by interface, `all` among them. */
  readonly reversePathFilters: ReadonlyMap<string, number>;
  readonly hasIpCommand: boolean;
  /** Interfaces of which ethtool says that they leave checksums to the processor. */
  readonly withoutChecksumOffload: readonly string[];
  readonly clock: ClockFacts;
  /** Why the Linux engine cannot be had; empty when it can. */
  readonly engineObstacle: string;
}

export interface ClockFacts {
  readonly nowMs: number;
  /** The newest file that something on this host has written, and when it says so. */
  readonly newestFile?: { readonly name: string; readonly modifiedMs: number };
}

export interface RunningFacts {
  /** What the program itself says through its management server. */
  readonly overview?: Overview;
  /** Why there is no overview. `off`: the file has no webManager. */
  readonly unasked?: { readonly why: 'off' | 'silent' | 'refused'; readonly detail: string };
}
