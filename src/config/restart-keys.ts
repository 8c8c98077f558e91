/*
 * Which keys of engarde.yml are read at start only: what the packet loop is built on. All others are followed
 * while the program runs.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ClientConfig, ServerConfig } from './config.ts';

/** By the name that users write, where the configuration has it. */
const COMMON = {
  listenAddr: 'listenAddr',
  maxDatagramSize: 'maxDatagramBytes',
  protocol: 'protocol',
  deduplicate: 'deduplicate',
  lowLatency: 'lowLatency',
} as const satisfies Record<string, keyof ClientConfig & keyof ServerConfig>;

const SERVER = {
  ...COMMON,
  clientTimeout: 'clientTimeoutMs',
  wireguardPublicKey: 'wireguardPublicKey',
  maxSessions: 'maxSessions',
  maxUnconfirmedSessions: 'maxUnconfirmedSessions',
  maxPathsPerSession: 'maxPathsPerSession',
  newAddressesPerSecond: 'newAddressesPerSecond',
  threads: 'threads',
} as const satisfies Record<string, keyof ServerConfig>;

type Config = ClientConfig | ServerConfig;

/** The keys that differ and take effect only at the next start, as users write them: "client.listenAddr". */
export function restartKeys(before: Config, after: Config): string[] {
  const keys = after.role === 'client' ? COMMON : SERVER;
  return Object.entries(keys).flatMap(([written, field]) =>
    isDeepStrictEqual(Reflect.get(before, field), Reflect.get(after, field))
      ? []
      : `${after.role}.${written}`,
  );
}
