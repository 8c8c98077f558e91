/** What a plan of src/init holds, for the tests of it. */
import { expect } from 'vitest';
import type { ClientConfig, ServerConfig } from '../../src/config/index.ts';
import { parseClientConfig, parseServerConfig } from '../../src/config/parse.ts';
import type { Plan } from '../../src/init/plan.ts';

/** Every file's text by "host: path". */
export function texts(plan: Plan): Record<string, string> {
  const all = [...plan.written, ...plan.printed];
  return Object.fromEntries(all.map(({ host, path, text }) => [`${host}: ${path}`, text]));
}

/** Both hosts' engarde.yml as the programs read them; a warning about one is a failure. */
export function loaded(plan: Plan): { client: ClientConfig; server: ServerConfig } {
  const textOf = (host: string) => {
    const isWanted = (one: string) => one.startsWith(`${host}: `) && one.endsWith('engarde.yml');
    return Object.entries(texts(plan)).find(([name]) => isWanted(name))![1];
  };
  const client = parseClientConfig(textOf('client'), 'client/engarde.yml');
  const server = parseServerConfig(textOf('server'), 'server/engarde.yml');
  expect([...client.warnings, ...server.warnings]).toEqual([]);
  return { client: client.config, server: server.config };
}
