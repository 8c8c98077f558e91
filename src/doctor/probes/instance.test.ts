import { afterEach, describe, expect, test } from 'vitest';
import { listeningManager, type RunningManager } from '../../../test/manager/running-manager.ts';
import type { ManagerConfig } from '../../config/index.ts';
import { askInstance } from './instance.ts';

let running: RunningManager | undefined;

afterEach(async () => {
  await running?.manager.stop();
  running = undefined;
});

async function webOf(credentials: { username: string; password: string }): Promise<ManagerConfig> {
  running = await listeningManager({ role: 'client', settings: credentials });
  const port = Number(new URL(running.url()).port);
  return {
    ...credentials,
    listenAddr: { host: '127.0.0.1', port },
    metricsToken: '',
    allowedHosts: [],
    allowInsecure: false,
  };
}

const nobody = { username: '', password: '' };
const somebody = { username: 'van', password: 'secret' };

describe('askInstance()', () => {
  test.each([
    ['without credentials', nobody],
    ['with credentials', somebody],
  ])('gets the overview %s', async (_, credentials) => {
    expect((await askInstance(await webOf(credentials))).overview?.role).toBe('client');
  });

  test.each<[string, Partial<ManagerConfig>, string]>([
    ['a wrong password', { password: 'x' }, 'refused'],
    ['another port', { listenAddr: { host: '127.0.0.1', port: 1 } }, 'silent'],
  ])('says why there is none: %s', async (_, changes, why) => {
    const facts = await askInstance({ ...(await webOf(somebody)), ...changes });
    expect(facts.overview).toBeUndefined();
    expect(facts.unasked?.why).toBe(why);
  });

  test('asks nobody without webManager', async () => {
    expect((await askInstance(undefined)).unasked?.why).toBe('off');
  });
});
