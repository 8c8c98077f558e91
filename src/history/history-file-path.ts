/** Where the past is kept: the state directory of systemd, of the system for root, of the user for others. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * `$STATE_DIRECTORY` (systemd.exec(5): several are separated by colons), else /var/lib/rengarde for root, else
 * in `$XDG_STATE_HOME` (XDG Base Directory Specification: ignored unless absolute). The name tells the role and
 * the port apart, because two programs on one host each have a past of their own.
 */
export function historyFilePath(
  role: 'client' | 'server',
  listenPort: number,
  env: NodeJS.ProcessEnv = process.env,
  isRoot: boolean = process.getuid?.() === 0,
): string {
  return join(stateDirectory(env, isRoot), `history-${role}-${listenPort}.json.gz`);
}

function stateDirectory(env: NodeJS.ProcessEnv, isRoot: boolean): string {
  const bySystemd = env.STATE_DIRECTORY?.split(':')[0] ?? '';
  if (isAbsolute(bySystemd)) return bySystemd;
  if (isRoot) return '/var/lib/rengarde';
  const byUser = env.XDG_STATE_HOME ?? '';
  return join(isAbsolute(byUser) ? byUser : join(env.HOME ?? homedir(), '.local', 'state'), 'rengarde');
}
