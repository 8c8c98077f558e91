import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openLog } from './log.ts';

describe('openLog()', () => {
  beforeEach(() => {
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test.each([
    [undefined, 'info'],
    ['', 'info'],
    ['debug', 'debug'],
    ['silent', 'silent'],
  ])('takes LOG_LEVEL %j as %s', async (level, expected) => {
    vi.stubEnv('LOG_LEVEL', level);
    expect((await openLog('rengarde-test', false)).level).toBe(expected);
  });

  test.each([true, false])(
    'takes a LOG_LEVEL there is not as info; on a terminal: %s',
    async (isTerminal) => {
      vi.stubEnv('LOG_LEVEL', 'chatty');
      expect((await openLog('rengarde-test', isTerminal)).level).toBe('info');
    },
  );
});
