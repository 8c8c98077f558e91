import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { makePath } from '../../../test/manager/fake-control.ts';
import { listeningManager, type RunningManager } from '../../../test/manager/running-manager.ts';

interface Exchange {
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly status: number;
  readonly body: unknown;
}

const JSON_TYPE = { 'content-type': 'application/json' };
let running: RunningManager;

async function start(role: 'client' | 'server'): Promise<RunningManager> {
  running = await listeningManager({ role });
  return running;
}

function golden(role: string): Exchange[] {
  return JSON.parse(readFileSync(new URL(`golden/${role}.json`, import.meta.url), 'utf8'));
}

function post(path: string, body: string, headers: Record<string, string> = JSON_TYPE) {
  return running.ask(path, { method: 'POST', body, headers });
}

describe('version 1 of the API', () => {
  afterEach(() => running.manager.stop());

  // Compared as text: the order of fields counts too.
  test.each(['client', 'server'] as const)('answers as recorded, on a %s', async (role) => {
    await start(role);
    for (const { request, status, body } of golden(role)) {
      const answer = await running.ask(request.path, {
        method: request.method,
        ...(request.body !== undefined && { body: JSON.stringify(request.body), headers: JSON_TYPE }),
      });
      expect({ request, status: answer.status, text: answer.text }).toEqual({
        request,
        status,
        text: JSON.stringify(body),
      });
      expect(answer.headers['content-type']).toBe('application/json');
    }
  });

  test('excludes the last link without asking, as the original did', async () => {
    const { control } = await start('client');
    control.paths = [makePath('eth0', 'up')];
    expect((await post('/api/v1/exclude', '{"interface":"eth0"}')).text).toBe('{"status":"ok"}');
    expect(control.actions).toEqual([{ do: 'exclude', path: 'eth0', force: true, anyName: true }]);
  });

  test('takes a body for JSON whatever its media type is', async () => {
    const { control } = await start('client');
    for (const headers of [{}, { 'content-type': 'application/x-www-form-urlencoded' }]) {
      expect((await post('/api/v1/exclude', '{"interface":"eth0"}', headers)).status).toBe(200);
    }
    expect(control.actions).toHaveLength(2);
  });

  test('passes on a refusal that no force helps against', async () => {
    const { control } = await start('client');
    control.refusal = { status: 'refused', code: 'unknown-path', message: 'Cannot find it' };
    const answer = await post('/api/v1/include', '{"interface":"eth9"}');
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toEqual({ code: 'unknown-path', message: 'Cannot find it' });
  });

  test.each([
    ['no JSON', 'interface=eth0', 400, 'bad-request'],
    ['cut off', '{"interface":"eth', 400, 'bad-request'],
    ['nothing', '', 400, 'bad-request'],
    ['null', 'null', 400, 'bad-request'],
    ['a list', '["eth0"]', 400, 'bad-request'],
    ['a missing key', '{"iface":"eth0"}', 400, 'bad-request'],
    ['a wrong type', '{"interface":7}', 400, 'bad-request'],
    ['an empty name', '{"interface":""}', 400, 'bad-request'],
    ['too long a name', JSON.stringify({ interface: 'x'.repeat(20_000) }), 413, 'too-large'],
  ])('refuses a body that is %s', async (_what, body, status, code) => {
    const { control } = await start('client');
    for (const name of ['include', 'exclude', 'swap-exclusion']) {
      const answer = await post(`/api/v1/${name}`, body);
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toEqual({ code, message: expect.stringMatching(/^Cannot /) });
    }
    expect(control.actions).toEqual([]);
  });

  test('refuses a long body of unknown length', async () => {
    await start('client');
    const answer = await post('/api/v1/include', 'x'.repeat(20_000), { 'transfer-encoding': 'chunked' });
    expect(answer.status).toBe(413);
  });
});
