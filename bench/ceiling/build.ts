/**
 * Compiles the measuring programs that are in C, into .cache/bench/: `relay` and `tunnel`, the ceilings that
 * ours is held against, and `load`. Each once per version of its sources. `CC` names another compiler than gcc.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));
const sources = {
  relay: ['relay.c', 'engine.h'],
  tunnel: ['tunnel.c', 'engine.h'],
  load: ['load.c', 'usage.c', 'usage.h'],
};
const known = new Map<string, string>();

/** The compiled program's path. @throws when there is no compiler, or it refuses */
export function compiled(name: keyof typeof sources): string {
  const program = known.get(name) ?? compile(name);
  known.set(name, program);
  return program;
}

function compile(name: keyof typeof sources): string {
  const files = sources[name].map((file) => fileURLToPath(new URL(file, import.meta.url)));
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  const version = hash.digest('hex').slice(0, 12);
  const program = `${folder}${name}-${version}`;
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const compiler = process.env.CC ?? 'gcc';
  const options = ['-O2', '-Wall', '-Wextra', '-o', program, ...files.filter((file) => file.endsWith('.c'))];
  const { error, status, stderr } = spawnSync(compiler, options, { encoding: 'utf8' });
  if (error !== undefined) {
    throw new Error(`Cannot compile bench/ceiling/${name}.c: no ${compiler}; install gcc, or name one in CC`);
  }
  if (status !== 0) throw new Error(`Cannot compile bench/ceiling/${name}.c:\n${stderr}`);
  return program;
}
