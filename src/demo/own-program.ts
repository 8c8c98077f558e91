/** How the demo starts the two relays: the same build, or the same sources, as its own. */
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What this Node gets to run the program of a role, without the configuration file. */
export function ownProgram(role: 'client' | 'server'): readonly string[] {
  const extension = extname(import.meta.url);
  const file = fileURLToPath(new URL(`../bin/rengarde-${role}${extension}`, import.meta.url));
  return [...process.execArgv, file];
}
