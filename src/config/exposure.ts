/*
 * Whether the web interface may listen where webManager says. What other machines reach needs credentials
 * that are not printed in every sample file; without them it stays off, and the tunnel runs all the same.
 */
import { formatHostPort, type HostPort, isLoopback } from './host-port.ts';
import type { Places } from './places.ts';

/** What decides it, of a `webManager` section. */
export interface Exposure {
  readonly listenAddr?: HostPort;
  readonly username: string;
  readonly password: string;
  readonly allowInsecure: boolean;
}

const SAMPLE_CREDENTIALS = 'engarde'; // user name and password in the original's sample file

/** Whether whoever reaches this address could steer the links: only its owner may want that. */
export function isExposed({ listenAddr, allowInsecure, ...credentials }: Exposure): boolean {
  if (listenAddr === undefined || allowInsecure || isLoopback(listenAddr.host)) return false;
  return weakness(credentials) !== undefined;
}

/** Warns that the web interface stays off, why, and how to go on. */
export function checkExposure(role: string, webManager: Exposure | undefined, places: Places): void {
  if (webManager?.listenAddr === undefined || !isExposed(webManager)) return;
  const { listenAddr } = webManager;
  const found = `found ${formatHostPort(listenAddr)}, which other machines can reach, ${weakness(webManager)}: the web interface stays off`;
  const wanted = `want 127.0.0.1:${listenAddr.port}, or a username and password of your own, or "allowInsecure: true"`;
  places.report('warning', [role, 'webManager', 'listenAddr'], `${found}; ${wanted}`);
}

function weakness({ username, password }: Pick<Exposure, 'username' | 'password'>): string | undefined {
  if (username === '' && password === '') return 'without username and password';
  if (username === '') return 'without a username';
  if (password === '') return 'without a password';
  const isSample = username === SAMPLE_CREDENTIALS && password === SAMPLE_CREDENTIALS;
  return isSample ? "with the username and password of engarde's sample file" : undefined;
}
