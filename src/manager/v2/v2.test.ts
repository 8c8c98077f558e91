import { afterEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { makePath, makeSession } from '../../../test/manager/fake-control.ts';
import { listeningManager, type RunningManager } from '../../../test/manager/running-manager.ts';
import {
  actionDone,
  CELL_COLUMNS,
  type Event,
  eventList,
  history,
  instance,
  outageList,
  overview,
  path,
  problem,
  session,
  sessionList,
  TUNNEL_TRACK,
} from '../../contract/index.ts';
import { pathList, quality, whatIf } from './shapes.ts';

let running: RunningManager;

async function start(role: 'client' | 'server'): Promise<RunningManager> {
  running = await listeningManager({ role });
  return running;
}

/** Two seconds of a tunnel with one link that loses. */
function remember({ manager }: RunningManager, session: string): number {
  const at = Math.floor(Date.now() / 1000);
  const tracks = [
    { id: 1, session, name: TUNNEL_TRACK },
    { id: 2, session, name: 'eth0' },
  ];
  const rows = new Float32Array(CELL_COLUMNS.length * 2).fill(1);
  manager.tell({ is: 'frame', frame: { at: at - 1, tracks, ids: Uint32Array.of(1, 2), rows } });
  manager.tell({ is: 'frame', frame: { at, tracks: [], ids: Uint32Array.of(1, 2), rows } });
  return at;
}

async function get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
  const answer = await running.ask(path);
  expect([path, answer.status, answer.headers['content-type']]).toEqual([path, 200, 'application/json']);
  expect(answer.headers['cache-control']).toBe('no-store');
  return schema.parse(JSON.parse(answer.text));
}

async function getProblem(path: string, method = 'GET'): Promise<[number, string]> {
  const answer = await running.ask(path, { method });
  return [answer.status, problem.parse(JSON.parse(answer.text)).code];
}

function post(path: string, body?: string, headers: Record<string, string> = {}) {
  return running.ask(path, { method: 'POST', headers, ...(body !== undefined && { body }) });
}

describe('version 2 of the API', () => {
  afterEach(() => running.manager.stop());

  test('tells a client as the contract has it', async () => {
    const { control } = await start('client');
    const at = remember(running, 'tunnel');
    running.manager.tell({
      is: 'event',
      event: { at: '2026-11-01T08:00:00.000Z', kind: 'path-up', path: 'eth0', detail: '' },
    });

    expect((await get('/api/v2/instance', instance)).role).toBe('client');
    expect((await get('/api/v2/overview', overview)).role).toBe('client');
    expect((await get('/api/v2/paths', pathList)).paths).toEqual(control.paths);
    expect((await get('/api/v2/paths/Local%20Area%20Connection%204', path)).state).toBe('suspect');
    expect((await get('/api/v2/sessions', sessionList)).total).toBe(1);
    expect((await get('/api/v2/sessions/tunnel', session)).id).toBe('tunnel');
    expect((await get('/api/v2/sessions/tunnel/paths', pathList)).paths).toHaveLength(4);
    expect((await get('/api/v2/sessions/tunnel/quality', quality)).paths[0]).toEqual({
      name: 'eth0',
      label: 'Main ISP',
      state: 'up',
      windows: control.paths[0]?.windows,
    });
    expect((await get('/api/v2/sessions/tunnel/what-if', whatIf)).whatIf[0]?.paths).toEqual(['eth0']);
    const past = await get('/api/v2/sessions/tunnel/history?seconds=60', history);
    expect(past.tracks.map(({ name }) => name)).toEqual([TUNNEL_TRACK, 'eth0']);
    expect(past.to).toBeGreaterThanOrEqual(at);
    const { events } = await get('/api/v2/events?path=eth0&limit=5', eventList);
    expect(events).toMatchObject([{ kind: 'path-up', path: 'eth0' }] satisfies Partial<Event>[]);
    expect((await get('/api/v2/outages', outageList)).outages).toEqual([]);
  });

  test('tells a server as the contract has it', async () => {
    const { control } = await start('server');
    control.sessionsById.set('s1', makeSession('s1', [makePath('203.0.113.9:41234', 'up')]));
    expect((await get('/api/v2/overview', overview)).role).toBe('server');
    expect((await get('/api/v2/sessions?search=s&sort=newest&limit=5', sessionList)).total).toBe(1);
    expect((await get('/api/v2/sessions/s1', session)).id).toBe('s1');
    expect((await get('/api/v2/sessions/s1/paths', pathList)).paths).toHaveLength(1);
    expect((await get('/api/v2/sessions/s1/history', history)).tracks).toEqual([]);
    expect(await getProblem('/api/v2/paths')).toEqual([404, 'not-a-client']);
    expect(await getProblem('/api/v2/paths/eth0')).toEqual([404, 'not-a-client']);
  });

  test('says what is not there, in JSON', async () => {
    await start('client');
    expect(await getProblem('/api')).toEqual([404, 'not-found']);
    expect(await getProblem('/api/v2/nothing')).toEqual([404, 'not-found']);
    expect(await getProblem('/api/v2/nothing', 'POST')).toEqual([404, 'not-found']);
    expect(await getProblem('/api/v2/paths/eth9')).toEqual([404, 'unknown-path']);
    for (const part of ['', '/paths', '/quality', '/what-if', '/history']) {
      expect(await getProblem(`/api/v2/sessions/s9${part}`)).toEqual([404, 'unknown-session']);
    }
    expect(await getProblem('/api/v2/paths', 'DELETE')).toEqual([405, 'method-not-allowed']);
    const wrong = await running.ask('/api/v2/paths/eth0/exclude');
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'POST']);
  });

  test.each([
    'sessions?limit=0',
    'sessions?sort=best',
    'sessions?offset=-1',
    `sessions?search=${'x'.repeat(201)}`,
    'sessions/tunnel/history?seconds=x',
    'sessions/tunnel/history?points=0',
    'events?since=yesterday',
    'outages?limit=9999',
  ])('refuses the query %s', async (query) => {
    await start('client');
    expect(await getProblem(`/api/v2/${query}`)).toEqual([400, 'bad-request']);
  });

  test('carries out actions, with and without a body', async () => {
    const { control } = await start('client');
    const json = { 'content-type': 'application/json' };
    const name = 'Local%20Area%20Connection%204';
    const answers = [
      await post(`/api/v2/paths/${name}/exclude`),
      await post('/api/v2/paths/eth0/exclude', '', json),
      await post('/api/v2/paths/eth0/exclude', '{}', json),
      await post('/api/v2/paths/eth0/exclude', '{"force":true}', json),
      await post('/api/v2/paths/eth0/include'),
      await post('/api/v2/exclusions/reset'),
      await post('/api/v2/exclusions/keep', '{}', json),
      await post('/api/v2/demo/links/A/cut'),
      await post('/api/v2/demo/links/A/restore'),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.map(({ text }) => actionDone.parse(JSON.parse(text)).changed)).toEqual([
      ...[true, true, false, false, true],
      ...[true, true, true, true],
    ]);
    expect(control.actions).toEqual([
      { do: 'exclude', path: 'Local Area Connection 4', force: false },
      { do: 'exclude', path: 'eth0', force: false },
      { do: 'exclude', path: 'eth0', force: false },
      { do: 'exclude', path: 'eth0', force: true },
      { do: 'include', path: 'eth0' },
      { do: 'reset' },
      { do: 'keep' },
      { do: 'cut', path: 'A' },
      { do: 'restore', path: 'A' },
    ]);
  });

  test.each([
    ['no JSON', '{force}', 'application/json', 400, 'bad-request'],
    ['of a wrong type', '{"force":"yes"}', 'application/json', 400, 'bad-request'],
    ['a list', '[]', 'application/json', 400, 'bad-request'],
    ['a form', 'force=true', 'application/x-www-form-urlencoded', 415, 'unsupported-media-type'],
    ['plain text', '{"force":true}', 'text/plain', 415, 'unsupported-media-type'],
    ['too long', `{"x":"${'x'.repeat(20_000)}"}`, 'application/json', 413, 'too-large'],
  ])('refuses a body that is %s', async (_what, body, type, status, code) => {
    const { control } = await start('client');
    const answer = await post('/api/v2/paths/eth0/exclude', body, { 'content-type': type });
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([status, code]);
    expect(control.actions).toEqual([]);
  });

  test.each([
    ['unknown-path', 404],
    ['last-working-path', 409],
    ['not-a-client', 404],
    ['not-a-demo', 404],
    ['cannot-keep', 409],
  ] as const)('passes on the refusal %s as %i', async (code, status) => {
    const { control } = await start('client');
    control.refusal = { status: 'refused', code, message: 'Cannot do it' };
    for (const path of ['paths/eth0/exclude', 'paths/eth0/include', 'exclusions/keep', 'demo/links/A/cut']) {
      const answer = await post(`/api/v2/${path}`);
      expect([answer.status, JSON.parse(answer.text)]).toEqual([status, { code, message: 'Cannot do it' }]);
    }
  });

  test('tells nobody but the log what went wrong inside', async () => {
    const { control, logged } = await start('client');
    control.fault = new Error('secret of the house');
    const answer = await running.ask('/api/v2/overview');
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([500, 'internal']);
    expect(answer.text).not.toContain('secret');
    expect(logged.join('\n')).toContain('Cannot answer GET /api/v2/overview: Error: secret of the house');
  });

  test('lists 1,000 sessions of three links each within a second', async () => {
    const { control } = await start('server');
    for (let i = 0; i < 1000; i++) {
      const paths = [1, 2, 3].map((link) => makePath(`203.0.113.${link}:${i}`, 'up'));
      control.sessionsById.set(`s${i}`, makeSession(`s${i}`, paths));
    }
    const begunMs = performance.now();
    const { total, sessions } = await get('/api/v2/sessions?limit=1000', sessionList);
    const tookMs = performance.now() - begunMs;
    console.log(`1,000 sessions listed and checked in ${tookMs.toFixed(0)} ms`);
    expect([total, sessions.length]).toEqual([1000, 1000]);
    expect(tookMs).toBeLessThan(1000);
  });
});
