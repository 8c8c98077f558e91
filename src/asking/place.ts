/** Where a management server is, and how it lets us in. */
import type { ManagerConfig } from '../config/index.ts';

/** A management server, and how it lets us in. */
export interface Place {
  /** Without credentials, with a "/" at the end. */
  readonly url: URL;
  /** Who should be there; absent: either. */
  readonly role?: 'client' | 'server';
  /** Both empty: none. */
  readonly username: string;
  readonly password: string;
  /** PEM file of the certificate that it shows, on this host. */
  readonly certificateFile?: string;
}

/** The places to ask on this host, one after the other: one that listens on every address is there by either family. */
export function placesOf({ listenAddr, tls, username, password }: ManagerConfig): Place[] {
  const { host, port } = listenAddr;
  const hosts = host === '::' ? ['127.0.0.1', '::1'] : [host === '0.0.0.0' ? '127.0.0.1' : host];
  return hosts.map((address) => {
    const shown = address.includes(':') ? `[${address}]` : address;
    const url = new URL(`${tls ? 'https' : 'http'}://${shown}:${port}/`);
    return { url, username, password, ...(tls && { certificateFile: tls.certificateFile }) };
  });
}
