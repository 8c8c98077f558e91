import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../config/index.ts';
import { StartError } from '../daemon/index.ts';
import { type Role, runRole } from './run-role.ts';

interface Config {
  readonly description: string;
}

const IDLE = {
  heartbeats: 0,
  status: '',
  reportQuality: () => {},
  reload: async () => {},
  stop: async () => {},
};

describe('runRole()', () => {
  let stderr: string;

  beforeEach(() => {
    stderr = '';
    vi.stubEnv('LOG_LEVEL', 'silent');
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      stderr += String(text);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT').removeAllListeners('SIGHUP');
  });

  /** A role that loads, starts and stops; `parts` go differently. */
  function role(parts: Partial<Role<Config>> = {}): Role<Config> {
    return {
      program: 'rengarde-test',
      load: async (file) => ({ config: { description: '' }, warnings: [], file }),
      start: async () => IDLE,
      ...parts,
    };
  }

  /** Runs until the role has started, then sends the signal. */
  async function runThenSignal(signal: NodeJS.Signals, parts: Partial<Role<Config>> = {}) {
    const ended = runRole(role(parts), 'engarde.yml');
    setTimeout(() => process.emit(signal, signal), 20);
    const startMs = performance.now();
    return { status: await ended, elapsedMs: performance.now() - startMs };
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('gives 0 after %s, and has stopped the role', async (signal) => {
    const stop = vi.fn(async () => {});
    const reportQuality = vi.fn();
    const { status } = await runThenSignal(signal, {
      start: async () => ({ ...IDLE, reportQuality, stop }),
    });
    expect(status).toBe(0);
    expect(stop).toHaveBeenCalledOnce();
    expect(reportQuality).toHaveBeenCalledOnce();
    expect(stderr).toBe('');
  });

  test('gives 0 within a second though the role does not stop', async () => {
    const hangs = { ...IDLE, stop: () => new Promise<void>(() => {}) };
    const { status, elapsedMs } = await runThenSignal('SIGTERM', { start: async () => hangs });
    expect(status).toBe(0);
    expect(elapsedMs).toBeLessThan(1_000);
  });

  test('gives 0 when told to stop while it starts', async () => {
    const start = () => new Promise<never>(() => {});
    expect((await runThenSignal('SIGTERM', { start })).status).toBe(0);
  });

  test('gives 1 and every problem of the file', async () => {
    const problem = { severity: 'error', file: 'x.yml', column: 3, key: 'client.listenAddr' } as const;
    const load = async () => {
      throw new ConfigError([
        { ...problem, line: 2, message: 'missing' },
        { ...problem, line: 5, message: 'wrong' },
      ]);
    };
    expect(await runRole(role({ load }), 'x.yml')).toBe(1);
    expect(stderr).toBe(
      'rengarde-test: x.yml:2:3: error: client.listenAddr: missing\nx.yml:5:3: error: client.listenAddr: wrong\n',
    );
  });

  test('gives 1 and one line when it cannot start', async () => {
    const start = async () => {
      throw new StartError('EADDRINUSE', 'Cannot listen on client.listenAddr 127.0.0.1:7');
    };
    expect(await runRole(role({ start }), 'x.yml')).toBe(1);
    expect(stderr).toBe('rengarde-test: Cannot listen on client.listenAddr 127.0.0.1:7\n');
  });

  test('passes a fault of the program itself on, whole', async () => {
    const start = async () => {
      throw new TypeError('our own mistake');
    };
    await expect(runRole(role({ start }), 'x.yml')).rejects.toThrow('our own mistake');
  });
});
