/** Runs a program of the system for its output. Nothing here changes anything. */
import { execFile } from 'node:child_process';

const TIMEOUT_MS = 5_000;
/** Where Debian keeps ip and ethtool, which an ordinary user's PATH leaves out. */
const SYSTEM_DIRECTORIES = '/usr/sbin:/sbin';

/** `missing`: there is no such program, or it may not be started. */
export type CommandResult =
  | { readonly status: number; readonly stdout: string; readonly stderr: string }
  | 'missing';

export function runCommand(command: string, args: readonly string[]): Promise<CommandResult> {
  const env = { ...process.env, LC_ALL: 'C', PATH: `${process.env.PATH ?? ''}:${SYSTEM_DIRECTORIES}` };
  return new Promise((resolve) => {
    execFile(command, [...args], { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
      if (error === null) resolve({ status: 0, stdout, stderr });
      else if (error.code === 'ENOENT' || error.code === 'EACCES') resolve('missing');
      else resolve({ status: typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}
