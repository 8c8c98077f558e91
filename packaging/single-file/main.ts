/**
 * The one executable that is all programs: which one it is, its own name says, or its first argument.
 * These files replace what the programs otherwise read from their installed package (scripts/package-executable.mjs).
 */
import { basename } from 'node:path';
import { clientCommand, rengardeCommand, serverCommand } from '../../src/cli/index.ts';

const commands = { client: clientCommand, server: serverCommand };

process.exit(await main());

function main(): Promise<number> {
  // argv[1] is the executable once more; argv0 is the name of the link that it was started by.
  const args = process.argv.slice(2);
  const name = basename(process.argv0);
  const byName = roleOf(name.replace(/^rengarde-/, ''));
  if (byName !== undefined) return commands[byName]([process.execPath, name, ...args]);
  const byArgument = roleOf(args[0] ?? '');
  if (byArgument !== undefined) {
    return commands[byArgument]([process.execPath, `rengarde-${byArgument}`, ...args.slice(1)]);
  }
  return rengardeCommand([process.execPath, 'rengarde', ...args]);
}

function roleOf(text: string): keyof typeof commands | undefined {
  return text === 'client' || text === 'server' ? text : undefined;
}
