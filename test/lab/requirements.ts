/**
 * Whether the lab can run on this machine, and if not, why: a suite that cannot run says so in its title.
 * Installing what is missing is left to the test command.
 */
import { existsSync } from 'node:fs';
import { programFile } from './lab.ts';
import { runCommand } from './namespace.ts';

const tools = {
  ip: ['-V'],
  tc: ['-V'],
  nft: ['-v'],
  ping: ['-V'],
  wg: ['--version'],
  'wireguard-go': ['--version'],
};

/** Why no lab can run here, null when it can. */
export const labObstacle: string | null = await findObstacle();

/** Why no lab with the rengarde programs can run here, null when it can. */
export const programObstacle: string | null =
  labObstacle ??
  (existsSync(programFile('client')) && existsSync(programFile('server'))
    ? null
    : 'the programs are not built, run "npm run build"');

/** A suite's title, with the reason when it is skipped: for `describe.skipIf(obstacle !== null)`. */
export function titled(title: string, obstacle: string | null): string {
  return obstacle === null ? title : `${title} (skipped: ${obstacle})`;
}

async function findObstacle(): Promise<string | null> {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  for (const [tool, args] of Object.entries(tools)) {
    const missing = await runCommand(tool, args).then(
      () => false,
      () => true,
    );
    if (missing) return `needs the command ${tool}`;
  }
  return canMakeNamespace();
}

/** Containers may have root and the tools, and yet not be allowed to. */
async function canMakeNamespace(): Promise<string | null> {
  return runCommand('unshare', ['--net', 'true']).then(
    () => null,
    () => 'may not make network namespaces',
  );
}
