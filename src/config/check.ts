/*
 * The strict look at a whole engarde.yml, for people who want to know whether it is right: both roles' sections
 * at once, and an unknown key is an error.
 */
import { z } from 'zod';
import type { ClientConfig, ServerConfig } from './config.ts';
import { CLIENT_RULES, type Loaded, parseClientConfig, parseServerConfig, SERVER_RULES } from './parse.ts';
import { Places } from './places.ts';
import { ConfigError, type Problem } from './problem.ts';
import { Reader } from './reader.ts';
import { readSection } from './section.ts';
import { parseYaml } from './syntax.ts';

/** A file, and everything that is wrong with it. */
export interface Checked {
  readonly file: string;
  /** No error among `problems`. */
  readonly isOk: boolean;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** What rengarde-client would run with; absent when it would refuse the file. It takes no offence at unknown keys. */
  readonly client?: ClientConfig;
  /** The same for rengarde-server. */
  readonly server?: ServerConfig;
}

/** Checks every section that the text has. `file` names it in problems. */
export function checkText(text: string, file: string): Checked {
  const problems = problemsOf(text, file);
  const client = configOf(() => parseClientConfig(text, file));
  const server = configOf(() => parseServerConfig(text, file));
  return {
    file,
    isOk: problems.every(({ severity }) => severity !== 'error'),
    problems,
    ...(client && { client }),
    ...(server && { server }),
  };
}

function problemsOf(text: string, file: string): readonly Problem[] {
  const yaml = parseYaml(text, file);
  const places = new Places(yaml, file);
  if (places.problems.some(({ severity }) => severity === 'error')) return places.problems;
  const document = z.object({ client: CLIENT_RULES.schema, server: SERVER_RULES.schema });
  const written = new Reader(yaml.document, places, 'error').read(document);
  if (places.has(['client'])) readSection(written, CLIENT_RULES, places);
  if (places.has(['server'])) readSection(written, SERVER_RULES, places);
  if (!places.has(['client']) && !places.has(['server'])) {
    const wanted = 'a section "client:" or "server:" with listenAddr and dstAddr indented below it';
    places.reportAt(0, 'error', [], `missing, want ${wanted}`);
  }
  return places.problems;
}

function configOf<C>(parse: () => Loaded<C>): C | undefined {
  try {
    return parse().config;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
