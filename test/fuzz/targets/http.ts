/**
 * Requests to the manager's routes and guards, without sockets: never a 500; without credentials nothing is told and
 * nothing done; for another host's name or another site's page nothing is done.
 */
import assert from 'node:assert/strict';
import type { HttpBindings } from '@hono/node-server';
import { Past } from '../../../src/history/index.ts';
import { createApp } from '../../../src/manager/app.ts';
import { Feed } from '../../../src/manager/live/feed.ts';
import { beginningStreams } from '../../../src/manager/live/streaming.ts';
import { Credentials } from '../../../src/manager/safety/credentials.ts';
import { OwnNames } from '../../../src/manager/safety/host-guard.ts';
import { FakeControl } from '../../manager/fake-control.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const METHODS = 'GET POST HEAD PUT DELETE OPTIONS PATCH X'.split(' ');
const HEADERS = (
  'host authorization origin referer sec-fetch-site content-type accept-encoding ' +
  'user-agent content-length if-none-match range x-forwarded-for'
).split(' ');
const RIGHT = `Basic ${Buffer.from('admin:secret').toString('base64')}`;

export const target: Target = {
  what: "requests to the manager's routes",
  async run(bytes) {
    const input = new Input(bytes);
    const kind = input.u8();
    const isClosed = (kind & 1) === 1;
    const request = requestOf(input);
    if (request === undefined) return;
    const mayPass = !isClosed || isSignedIn(request);
    const { fetch, feed, control, logged } = apps[kind & 3]!;
    control.actions.length = 0;
    control.paths = PATHS.slice();
    for (const question of QUESTIONS) control.asked[question] = 0;
    const response = await fetch(request, bindingsOf(++trials));
    assert.equal(logged.splice(0).join('\n'), '');
    assert(response.status !== 500, 'answered 500');
    if (!mayPass) {
      assert([400, 401, 403].includes(response.status), `let in: ${response.status}`);
      assert.deepEqual(control.actions, []);
      assert(QUESTIONS.every((question) => control.asked[question] === 0));
    }
    if (request.method === 'GET' && control.actions.length > 0) assert(request.url.includes('/api/v1/reset'));
    assert.equal(feed.size, 0, 'a stream stayed open');
    await response.arrayBuffer();
  },
  seeds: () => [
    seed(0, 'GET', '/api/v2/overview', {}),
    seed(
      1,
      'POST',
      '/api/v2/paths/eth0/exclude',
      { authorization: RIGHT, 'content-type': 'application/json' },
      '{"force":true}',
    ),
    seed(0, 'POST', '/api/v1/exclude', { origin: 'http://127.0.0.1:9001' }, '{"interface":"eth0"}'),
    seed(2, 'GET', '/api/v2/sessions?offset=1&limit=2&search=a&sort=worst', { host: 'localhost' }),
    seed(0, 'GET', '/api/v2/sessions/tunnel/history?seconds=900&points=9', {}),
    seed(1, 'GET', '/metrics', { authorization: 'Bearer token' }),
    seed(0, 'GET', '/api/v2/events?since=2026-01-01T00:00:00Z&limit=3', { 'accept-encoding': 'gzip' }),
    seed(0, 'GET', '/api/v2/stream', {}),
    seed(0, 'GET', '/api/v1/reset-exclusions', { referer: 'http://127.0.0.1:9001/' }),
  ],
  words: [
    ...METHODS,
    ...HEADERS,
    RIGHT,
    'Bearer token',
    '/api/v2/',
    '/api/v1/',
    '%2e%2e/',
    '%00',
    '%',
    '//',
    '/paths/',
    '/sessions/',
    '/include',
    '/cut',
    'demo/links/',
    'openapi.json',
    'docs',
    'null',
    '{"force":true}',
    '?',
    '&',
  ],
};

function seed(
  kind: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Buffer {
  const text = (value: string) => [value.length, ...Buffer.from(value)];
  const lines = Object.entries(headers).flatMap(([name, value]) => [
    HEADERS.indexOf(name) + 1,
    ...text(value),
  ]);
  return Buffer.of(kind, METHODS.indexOf(method), ...text(path), ...lines, 0, ...Buffer.from(body));
}

/** Undefined for what no HTTP parser would pass on. */
function requestOf(input: Input): Request | undefined {
  const method = input.pick(METHODS);
  const path = input.text();
  const headers = new Headers({ host: '127.0.0.1:9001' });
  try {
    for (let name = input.u8(); name !== 0; name = input.u8())
      headers.set(HEADERS[(name - 1) % HEADERS.length]!, input.text());
    const body = input.rest();
    const url = new URL(path, 'http://127.0.0.1:9001');
    if (url.protocol !== 'http:') return undefined;
    return new Request(url, {
      method,
      headers,
      ...(body.length > 0 && method !== 'GET' && method !== 'HEAD' && { body }),
    });
  } catch {
    return undefined;
  }
}

function isSignedIn(request: Request): boolean {
  const written = request.headers.get('authorization') ?? '';
  const basic = /^basic +([a-z0-9+/=_-]+) *$/i.exec(written)?.[1] ?? '';
  if (Buffer.from(basic, 'base64').toString() === 'admin:secret') return true;
  return new URL(request.url).pathname === '/metrics' && /^bearer +token$/i.test(written);
}

/** By the two bits of an input's first byte. */
const apps = ([0, 1, 2, 3] as const).map((kind) => {
  const control = new FakeControl((kind & 2) === 0 ? 'client' : 'server');
  const past = new Past();
  const logged: string[] = [];
  const log = (level: string, message: string) => logged.push(`${level}: ${message}`);
  const credentials = new Credentials();
  if ((kind & 1) === 1) credentials.set('admin', 'secret', 'token');
  const names = new OwnNames();
  names.set([]);
  const feed = new Feed(control, past, log);
  const { role } = control;
  const app = createApp({
    role,
    version: '0',
    control,
    past,
    feed,
    credentials,
    names,
    webRoot: '/nowhere',
    log,
  });
  return { fetch: beginningStreams((...request) => app.fetch(...request)), feed, control, logged };
});
const PATHS = apps[0]!.control.paths;
const QUESTIONS = Object.keys(apps[0]!.control.asked) as (keyof FakeControl['asked'])[];
let trials = 0;

/**
 * Each from an address of its own, for who tries a wrong password too often has to wait. A stream finds that its reader
 * is gone.
 */
function bindingsOf(trial: number): HttpBindings {
  const remoteAddress = `10.${(trial >> 16) & 255}.${(trial >> 8) & 255}.${trial & 255}`;
  const outgoing = { destroyed: true, destroy() {}, writeHead() {} };
  return { incoming: { socket: { remoteAddress } }, outgoing } as unknown as HttpBindings;
}
