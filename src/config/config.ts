/*
 * What a valid engarde.yml says, in the units the program works in: times in milliseconds, sizes in
 * bytes, addresses taken apart. Defaults are filled in. How it is read is parse.ts's business.
 */
import type { HostPort } from './host-port.ts';

/**
 * Where the management server listens: on loopback, with credentials of the user's own, or insecurely because
 * the file says so. Username and password both empty: no authentication.
 */
export interface ManagerConfig {
  readonly listenAddr: HostPort;
  readonly username: string;
  readonly password: string;
  /** Opens `/metrics` and nothing else; empty: none. */
  readonly metricsToken: string;
  /** Names, in lower case, and addresses by which browsers reach it besides those of this machine. */
  readonly allowedHosts: readonly string[];
  /** The user has taken the risk of an address that others reach without credentials of his own. */
  readonly allowInsecure: boolean;
  /** PEM files, absolute paths. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** Another destination for what leaves through one interface. `ifName` is an exact name, never a glob. */
export interface DstOverride {
  readonly ifName: string;
  readonly dstAddr: HostPort;
}

/** One explicit path. What is absent is left to the system (source) or to the section (destination). */
export interface PathEntry {
  readonly name: string;
  readonly ifName?: string;
  /** An IP literal. */
  readonly srcAddr?: string;
  readonly dstAddr?: HostPort;
  /** Configured, but not used. */
  readonly isExcluded: boolean;
}

interface Common {
  readonly description: string;
  /** Always an IP literal: an empty host has become `::`, `localhost` has become `127.0.0.1`. */
  readonly listenAddr: HostPort;
  readonly dstAddr: HostPort;
  /** Kept for compatibility: no write ever waits, so it limits nothing. */
  readonly writeTimeoutMs: number;
  /** The longest datagram carried (UDP payload); longer ones are dropped and counted. */
  readonly maxDatagramBytes: number;
  readonly protocol: 'wireguard' | 'any';
  /** Drop late copies that are byte-identical to one passed on. */
  readonly deduplicate: boolean;
  /** While packets flow the packet loop asks for the next one again and again instead of sleeping. */
  readonly lowLatency: boolean;
  /** Absent also when it may not listen where the file says, of which a warning tells. */
  readonly webManager?: ManagerConfig;
}

/** The `client` section. */
export interface ClientConfig extends Common {
  readonly role: 'client';
  /** Names or globs; exclusion wins over inclusion. */
  readonly excludedInterfaces: readonly string[];
  /** Names or globs: an allow-list. With a leading `+`: brought back without restricting the others. */
  readonly includedInterfaces: readonly string[];
  readonly interfaceLabels: Readonly<Record<string, string>>;
  /** At most one for each `ifName`. */
  readonly dstOverrides: readonly DstOverride[];
  /** Names are unique. */
  readonly paths: readonly PathEntry[];
}

/** The `server` section. */
export interface ServerConfig extends Common {
  readonly role: 'server';
  /** An address that has been silent for this long gets no more traffic. */
  readonly clientTimeoutMs: number;
  /** 32 bytes. */
  readonly wireguardPublicKey?: Uint8Array;
  readonly maxSessions: number;
  readonly maxUnconfirmedSessions: number;
  readonly maxPathsPerSession: number;
  readonly newAddressesPerSecond: number;
  /** Absent: as many as suit this machine. */
  readonly threads?: number;
}
