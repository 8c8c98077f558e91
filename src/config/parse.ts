/*
 * The text of an engarde.yml to a checked configuration: syntax, then one role's section against its
 * schema, then contradictions. The other role's section is left unread, as both hosts may share a file.
 */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { ClientConfig, ManagerConfig, ServerConfig } from './config.ts';
import { checkClient, checkServer } from './contradictions.ts';
import { isExposed } from './exposure.ts';
import { Places } from './places.ts';
import { ConfigError, type Problem } from './problem.ts';
import { Reader } from './reader.ts';
import {
  clientSection,
  DEFAULT_CLIENT_TIMEOUT_S,
  DEFAULT_WRITE_TIMEOUT_MS,
  serverSection,
} from './schema.ts';
import { type Role, readSection, type SectionRules } from './section.ts';
import { parseYaml } from './syntax.ts';

/** A usable configuration, and what is odd about its file. */
export interface Loaded<C> {
  readonly config: C;
  readonly warnings: readonly Problem[];
  readonly file: string;
}

/** What is checked of the client's section. */
export const CLIENT_RULES = { role: 'client', schema: clientSection, check: checkClient } as const;
/** What is checked of the server's section. */
export const SERVER_RULES = { role: 'server', schema: serverSection, check: checkServer } as const;

/**
 * Checks the text for the client. `file` names it in problems; file names in it are relative to its directory.
 * @throws {ConfigError} with all problems
 */
export function parseClientConfig(text: string, file: string): Loaded<ClientConfig> {
  const { section, warnings } = parseSection(text, file, CLIENT_RULES);
  const { writeTimeout, maxDatagramSize, webManager, dstOverrides, paths, ...same } = section;
  const config: ClientConfig = {
    ...same,
    role: 'client',
    writeTimeoutMs: writeTimeoutMs(writeTimeout),
    maxDatagramBytes: maxDatagramSize,
    dstOverrides: dstOverrides.filter(
      ({ ifName }, index) => dstOverrides.findIndex((override) => override.ifName === ifName) === index,
    ),
    paths: paths.map(({ excluded, ...path }) => ({ ...path, isExcluded: excluded })),
    ...manager(webManager, file),
  };
  return { config, warnings, file };
}

/** The same for the server. @throws {ConfigError} with all problems */
export function parseServerConfig(text: string, file: string): Loaded<ServerConfig> {
  const { section, warnings } = parseSection(text, file, SERVER_RULES);
  const { writeTimeout, maxDatagramSize, clientTimeout, wireguardPublicKey, threads, webManager, ...same } =
    section;
  const config: ServerConfig = {
    ...same,
    role: 'server',
    writeTimeoutMs: writeTimeoutMs(writeTimeout),
    maxDatagramBytes: maxDatagramSize,
    ...(threads !== undefined && { threads }),
    clientTimeoutMs: (clientTimeout || DEFAULT_CLIENT_TIMEOUT_S) * 1000,
    ...(wireguardPublicKey !== undefined && {
      wireguardPublicKey: new Uint8Array(Buffer.from(wireguardPublicKey, 'base64')),
    }),
    ...manager(webManager, file),
  };
  return { config, warnings, file };
}

function parseSection<S extends z.ZodObject>(
  text: string,
  file: string,
  rules: SectionRules<S>,
): { section: z.infer<S>; warnings: readonly Problem[] } {
  const { role, schema } = rules;
  const yaml = parseYaml(text, file);
  const places = new Places(yaml, file);
  throwOnError(places); // a tree that the parser has mended would only give follow-up errors
  const other = z.unknown();
  const document = z.object({ client: other, server: other, [role]: schema });
  const written = new Reader(yaml.document, places, 'warning').read(document);
  if (!places.has([role])) {
    reportNoSection(role, places);
    throw new ConfigError(places.problems);
  }
  const section = readSection(written, rules, places);
  throwOnError(places);
  return { section: section as z.infer<S>, warnings: places.problems };
}

function throwOnError(places: Places): void {
  if (places.problems.some(({ severity }) => severity === 'error')) throw new ConfigError(places.problems);
}

function reportNoSection(role: Role, places: Places): void {
  const other = role === 'client' ? 'server' : 'client';
  const found = places.has([other]) ? `found only "${other}:", which rengarde-${other} reads` : 'missing';
  const wanted = `want a section "${role}:" with listenAddr and dstAddr indented below it`;
  places.reportAt(0, 'error', [role], `${found}, ${wanted}`);
}

function writeTimeoutMs(written: number): number {
  return written < 0 ? -1 : written || DEFAULT_WRITE_TIMEOUT_MS;
}

function manager(
  written: z.infer<typeof clientSection>['webManager'],
  file: string,
): { webManager?: ManagerConfig } {
  const { listenAddr, tls, ...same } = written;
  if (listenAddr === undefined || isExposed(written)) return {};
  const beside = (name: string) => resolve(dirname(file), name);
  const files = tls && { certificateFile: beside(tls.certificateFile), keyFile: beside(tls.keyFile) };
  return { webManager: { listenAddr, ...same, ...(files && { tls: files }) } };
}
