import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { historyFilePath } from './history-file-path.ts';

describe('historyFilePath()', () => {
  it.each<[env: NodeJS.ProcessEnv, isRoot: boolean, directory: string]>([
    [{ STATE_DIRECTORY: '/var/lib/a:/var/lib/b', XDG_STATE_HOME: '/x' }, true, '/var/lib/a'],
    [{ STATE_DIRECTORY: '', XDG_STATE_HOME: '/x' }, true, '/var/lib/rengarde'],
    [{ XDG_STATE_HOME: '/x', HOME: '/home/u' }, false, '/x/rengarde'],
    [{ XDG_STATE_HOME: 'relative', HOME: '/home/u' }, false, '/home/u/.local/state/rengarde'],
    [{}, false, `${homedir()}/.local/state/rengarde`],
  ])('with %j, root: %s, is in %s', (env, isRoot, directory) => {
    expect(historyFilePath('client', 59401, env, isRoot)).toBe(`${directory}/history-client-59401.json.gz`);
  });

  it('tells roles and ports apart', () => {
    const env = { STATE_DIRECTORY: '/s' };
    expect(historyFilePath('server', 59402, env)).toBe('/s/history-server-59402.json.gz');
  });
});
