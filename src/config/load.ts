/*
 * Reads a configuration file: size and encoding are checked here, everything in it by parse.ts.
 */
import { createReadStream } from 'node:fs';
import { type Checked, checkText } from './check.ts';
import type { ClientConfig, ServerConfig } from './config.ts';
import { type Loaded, parseClientConfig, parseServerConfig } from './parse.ts';
import { ConfigError } from './problem.ts';

const MAX_FILE_BYTES = 1024 * 1024; // a hundred times the longest sensible file

/** Reads and checks the file for the client. @throws {ConfigError} also when it cannot be read */
export async function loadClientConfig(file: string): Promise<Loaded<ClientConfig>> {
  return parseClientConfig(await readText(file, 'rengarde-client'), file);
}

/** Reads and checks the file for the server. @throws {ConfigError} also when it cannot be read */
export async function loadServerConfig(file: string): Promise<Loaded<ServerConfig>> {
  return parseServerConfig(await readText(file, 'rengarde-server'), file);
}

/** Checks the file strictly, for both roles. `command` reads it. @throws {ConfigError} when it cannot be read */
export async function loadChecked(file: string, command: string): Promise<Checked> {
  return checkText(await readText(file, command), file);
}

async function readText(file: string, command: string): Promise<string> {
  const bytes = await readBytes(file, command);
  if (bytes.length > MAX_FILE_BYTES) {
    throw unusable(
      file,
      `Cannot use the configuration: longer than ${MAX_FILE_BYTES} bytes; is it the right file?`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw unusable(file, 'Cannot use the configuration: not UTF-8 text; save it as UTF-8', cause);
  }
}

async function readBytes(file: string, command: string): Promise<Buffer> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of createReadStream(file, { end: MAX_FILE_BYTES })) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (cause) {
    throw unusable(
      file,
      `Cannot read the configuration: ${reason(cause as NodeJS.ErrnoException, command)}`,
      cause,
    );
  }
}

function reason(error: NodeJS.ErrnoException, command: string): string {
  switch (error.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `no such file; copy engarde.yml.sample there and edit it, or name yours: ${command} FILE`;
    case 'EISDIR':
      return `it is a directory; name the file in it: ${command} FILE`;
    case 'EACCES':
    case 'EPERM':
      return `no permission; let the user that runs ${command} read it`;
    default:
      return error.code ?? error.message;
  }
}

function unusable(file: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ severity: 'error', file, line: 0, column: 0, key: '', message }], { cause });
}
