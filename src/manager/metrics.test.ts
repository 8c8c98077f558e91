import { afterEach, describe, expect, test } from 'vitest';
import { basic, listeningManager, type RunningManager } from '../../test/manager/running-manager.ts';
import type { ManagerSettings } from './protocol.ts';

const OWN = { username: 'admin', password: 'secret' };
const TOKEN = { metricsToken: 't0ken+/=' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('GET /metrics', () => {
  let running: RunningManager;
  afterEach(() => running.manager.stop());

  async function start(settings: Partial<ManagerSettings>, role: 'client' | 'server' = 'client') {
    running = await listeningManager({ role, settings });
  }
  async function statusOf(headers: Record<string, string>, path = '/metrics'): Promise<number> {
    return (await running.ask(path, { headers })).status;
  }

  test('is what Prometheus reads, of now', async () => {
    await start({}, 'server');
    const { status, headers, text } = await running.ask('/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['cache-control']).toBe('no-store');
    expect(text).toContain('\nrengarde_sessions 50\n');
    expect((await running.ask('/metrics', { method: 'POST' })).status).toBe(404);
  });

  test('takes the token or the credentials, and the token nowhere else', async () => {
    await start({ ...OWN, ...TOKEN });
    expect(await statusOf(bearer(TOKEN.metricsToken))).toBe(200);
    expect(await statusOf(basic('admin', 'secret'))).toBe(200);
    expect(await statusOf({})).toBe(401);
    expect(await statusOf(bearer('other'))).toBe(401);
    expect(await statusOf(basic('admin', TOKEN.metricsToken))).toBe(401);
    for (const path of ['/api/v2/overview', '/', '/metrics/', '/metrics/x']) {
      expect([path, await statusOf(bearer(TOKEN.metricsToken), path)]).toEqual([path, 401]);
    }
  });

  test('wants the token when there is nothing else', async () => {
    await start(TOKEN);
    const { status, headers, text } = await running.ask('/metrics');
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm="engarde"']);
    expect(text).toContain('webManager.metricsToken');
    expect(await statusOf(bearer(TOKEN.metricsToken))).toBe(200);
    expect(await statusOf({}, '/api/v2/overview')).toBe(200);
  });

  test('lets nobody in with an empty token', async () => {
    await start(OWN);
    expect(await statusOf(bearer(''))).toBe(401);
    expect(await statusOf(bearer('undefined'))).toBe(401);
  });

  test('slows down those who guess the token', async () => {
    await start({ ...OWN, ...TOKEN });
    for (let i = 0; i < 10; i++) expect(await statusOf(bearer(`guess${i}`))).toBe(401);
    expect(await statusOf(bearer(TOKEN.metricsToken))).toBe(429);
  });

  test('follows a changed token', async () => {
    await start({ ...OWN, ...TOKEN });
    const settings = { ...OWN, host: '127.0.0.1', port: 0, allowedHosts: [], metricsToken: 'new' };
    running.manager.tell({ is: 'settings', settings });
    expect(await statusOf(bearer(TOKEN.metricsToken))).toBe(401);
    expect(await statusOf(bearer('new'))).toBe(200);
  });
});
