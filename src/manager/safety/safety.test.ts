import { hostname } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Answer,
  type AskOptions,
  basic,
  listeningManager,
  type RunningManager,
  SETTINGS,
} from '../../../test/manager/running-manager.ts';
import type { ManagerSettings } from '../protocol.ts';

const RIGHT = { username: 'admin', password: 'pässwörd: 1' };
const CHROME = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36' };

let running: RunningManager;

async function start(settings: Partial<ManagerSettings> = {}): Promise<RunningManager> {
  running = await listeningManager({ settings });
  return running;
}

function ask(path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  return running.ask(path, { method, headers } satisfies AskOptions);
}

/** Host of the running manager, as browsers send it. */
function ownHost(): string {
  return new URL(running.url()).host;
}

afterEach(() => running.manager.stop());

describe('authentication', () => {
  test('asks for credentials on everything, with the realm that browsers know', async () => {
    await start(RIGHT);
    for (const path of [
      '/',
      '/main.js',
      '/api/v1/get-list',
      '/api/v2/overview',
      '/api/v2/docs',
      '/api/none',
    ]) {
      const answer = await ask(path, {});
      expect([path, answer.status, answer.headers['www-authenticate']]).toEqual([
        path,
        401,
        'Basic realm="engarde"',
      ]);
    }
    const { text } = await ask('/api/v2/overview', {});
    expect(JSON.parse(text)).toEqual({
      code: 'unauthorized',
      message: expect.stringContaining('HTTP Basic'),
    });
  });

  test('lets in who knows both, and nobody else', async () => {
    await start(RIGHT);
    const { username, password } = RIGHT;
    expect((await ask('/api/v2/overview', basic(username, password))).status).toBe(200);
    for (const [name, word] of [
      [username, 'wrong'],
      ['root', password],
      [username, ''],
      [username, `${password}x`],
      [`${username}:`, password],
    ] as const) {
      expect((await ask('/api/v2/overview', basic(name, word))).status).toBe(401);
    }
    expect((await ask('/api/v2/overview', { authorization: 'Bearer x' })).status).toBe(401);
  });

  test('wants the one that is set, when only one is', async () => {
    await start({ password: 'word' });
    expect((await ask('/api/v2/overview', {})).status).toBe(401);
    expect((await ask('/api/v2/overview', basic('any', 'word'))).status).toBe(401);
    expect((await ask('/api/v2/overview', basic('', 'word'))).status).toBe(200);
  });

  test('asks nobody without credentials', async () => {
    await start();
    expect((await ask('/api/v2/overview', basic('any', 'thing'))).status).toBe(200);
  });

  test('makes an address wait after ten failures, with the right password too', async () => {
    await start(RIGHT);
    for (let i = 0; i < 20; i++) expect((await ask('/api/v2/overview', {})).status).toBe(401);
    for (let i = 0; i < 10; i++) {
      expect((await ask('/api/v2/overview', basic('admin', `guess ${i}`))).status).toBe(401);
    }
    for (const password of ['another guess', RIGHT.password]) {
      const answer = await ask('/api/v2/overview', basic('admin', password));
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([429, 'too-many-attempts']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60);
    }
  });

  test('goes by new credentials at once', async () => {
    const { manager } = await start(RIGHT);
    const port = Number(new URL(running.url()).port);
    manager.tell({ is: 'settings', settings: { ...SETTINGS, port: 0, username: 'admin', password: 'new' } });
    expect((await ask('/api/v2/overview', basic('admin', RIGHT.password))).status).toBe(401);
    expect((await ask('/api/v2/overview', basic('admin', 'new'))).status).toBe(200);
    expect(Number(new URL(running.url()).port)).toBe(port);
  });
});

describe('the host guard', () => {
  const name = hostname();

  test.each([
    '127.0.0.1',
    '127.0.0.1:9001',
    '192.0.2.1:80',
    '[::1]:9001',
    '[2001:db8::1]',
    'localhost',
    'LOCALHOST:9001',
    name,
    `${name}:9001`,
    `${name}.local`,
    'van.example',
    'Van.Example.:8443',
  ])('answers for %s', async (host) => {
    await start({ allowedHosts: ['van.example'] });
    expect((await ask('/api/v2/overview', { host })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:9001',
    'localhost.evil.example',
    'xlocalhost',
    'sub.van.example',
    '127.0.0.1.evil.example',
  ])('does not answer for %s, nor ask it for a password', async (host) => {
    await start({ ...RIGHT, allowedHosts: ['van.example'] });
    for (const path of ['/', '/api/v1/get-list', '/api/v2/stream']) {
      const answer = await ask(path, { host, ...basic(RIGHT.username, RIGHT.password) });
      expect(answer.status).toBe(403);
      expect(answer.headers['www-authenticate']).toBeUndefined();
      expect(answer.text).toContain('webManager.allowedHosts');
    }
  });
});

describe('the origin guard', () => {
  const CHANGES = [
    '/api/v1/exclude',
    '/api/v1/reset-exclusions',
    '/api/v2/paths/eth0/exclude',
    '/api/v2/exclusions/keep',
  ];

  test.each([
    ['another origin', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['an origin hidden by a sandbox', { origin: 'null' }],
    ['an origin that is none', { origin: 'x' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another host of the site', { 'sec-fetch-site': 'same-site' }],
  ])('refuses to change anything for %s', async (_what, headers) => {
    const { control } = await start();
    for (const path of CHANGES) {
      const answer = await running.ask(path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: '{"interface":"eth0"}',
      });
      expect([path, answer.status, JSON.parse(answer.text).code]).toEqual([path, 403, 'foreign-origin']);
    }
    expect(control.actions).toEqual([]);
  });

  test('lets its own page and programs change things', async () => {
    await start();
    const own = [
      { origin: `http://${ownHost()}`, 'sec-fetch-site': 'same-origin' },
      { origin: `http://${ownHost()}` },
      { 'sec-fetch-site': 'none' },
      {},
    ];
    for (const headers of own) {
      expect((await ask('/api/v2/exclusions/reset', { ...headers, ...CHROME }, 'POST')).status).toBe(200);
    }
  });

  test('knows its own page by a name with the port left out', async () => {
    await start();
    const headers = { host: 'localhost:80', origin: 'http://localhost' };
    expect((await ask('/api/v2/exclusions/reset', headers, 'POST')).status).toBe(200);
  });

  test('lets anybody read, which the browser does not show to other sites', async () => {
    await start();
    expect((await ask('/api/v2/overview', { origin: 'http://evil.example' })).status).toBe(200);
    const { headers } = await ask('/api/v2/overview', { origin: 'http://evil.example' });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
  });

  test.each([
    ['a program', {}, 200],
    ['curl', { 'user-agent': 'curl/8.5.0' }, 200],
    ['the own page', { ...CHROME, 'sec-fetch-site': 'same-origin' }, 200],
    ['the address bar', { ...CHROME, 'sec-fetch-site': 'none' }, 200],
    ['the own page in an old browser', { ...CHROME, referer: 'OWN/' }, 200],
    ['the own origin', { ...CHROME, origin: 'OWN' }, 200],
    ['an image on another site', { ...CHROME, 'sec-fetch-site': 'cross-site' }, 403],
    ['another host of the site', { ...CHROME, 'sec-fetch-site': 'same-site' }, 403],
    ['another origin', { ...CHROME, origin: 'http://evil.example' }, 403],
    ['an image on another site, in an old browser', { ...CHROME, referer: 'http://evil.example/' }, 403],
    ['a referer that is none', { ...CHROME, referer: 'x' }, 403],
    ['a browser that says nothing', CHROME, 403],
    ['another site that calls itself a program', { referer: 'http://evil.example/' }, 403],
  ])('lets version 1 reset by GET for %s: %o → %i', async (_who, headers, status) => {
    const { control } = await start();
    const own = `http://${ownHost()}`;
    const filled = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('OWN', own)]),
    );
    for (const method of ['GET', 'HEAD']) {
      expect((await ask('/api/v1/reset-exclusions', filled, method)).status).toBe(status);
    }
    expect(control.actions).toHaveLength(status === 200 ? 2 : 0);
    // However it is written, it is the same resource.
    if (status === 403) expect((await ask('/api/v1/reset%2Dexclusions', filled)).status).toBe(403);
  });
});

describe('the headers', () => {
  test.each(['/', '/api/v2/overview', '/api/none', '/none.js'])('of %s are strict', async (path) => {
    await start();
    const { headers } = await ask(path, {});
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
    });
    if (path.startsWith('/api')) expect(headers['cache-control']).toBe('no-store');
  });

  test('are there when nobody is let in', async () => {
    await start(RIGHT);
    const { headers } = await ask('/api/v2/overview', {});
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['cache-control']).toBe('no-store');
  });
});
