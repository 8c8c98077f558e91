import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { listeningManager, type RunningManager } from '../../../test/manager/running-manager.ts';
import type { ManagerConfig } from '../../config/index.ts';
import { askInstance } from './instance.ts';

type Credentials = Pick<ManagerConfig, 'username' | 'password'>;

let running: RunningManager | undefined;

afterEach(async () => {
  await running?.manager.stop();
  running = undefined;
});

async function webOf({
  tls,
  ...credentials
}: Credentials & { tls?: ManagerConfig['tls'] }): Promise<ManagerConfig> {
  running = await listeningManager({ role: 'client', settings: { ...credentials, ...(tls && { tls }) } });
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

  test('trusts the certificate that the file names, whatever name it is for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rengarde-tls-'));
    const tls = { certificateFile: join(folder, 'web.crt'), keyFile: join(folder, 'web.key') };
    const words = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    const files = ['-subj', '/CN=van.example.com', '-keyout', tls.keyFile, '-out', tls.certificateFile];
    execFileSync('openssl', [...words, ...files], { stdio: 'ignore' });
    try {
      const web = { ...(await webOf({ ...somebody, tls })), tls };
      expect((await askInstance(web)).overview?.role).toBe('client');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('asks nobody without webManager', async () => {
    expect((await askInstance(undefined)).unasked?.why).toBe('off');
  });
});
