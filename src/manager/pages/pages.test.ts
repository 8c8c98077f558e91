import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listeningManager, open, type RunningManager } from '../../../test/manager/running-manager.ts';

const FIRST_PAGE = '<!doctype html><title>rengarde</title>';
const SCRIPT = 'console.log("rengarde");';

let webRoot: string;
let running: RunningManager;

function build(): void {
  mkdirSync(join(webRoot, 'api-docs'));
  writeFileSync(join(webRoot, 'index.html'), FIRST_PAGE);
  writeFileSync(join(webRoot, 'main-ABCD2345.js'), SCRIPT);
  writeFileSync(join(webRoot, 'main-ABCD2345.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(webRoot, 'icon.svg'), '<svg/>');
  writeFileSync(join(webRoot, 'api-docs', 'swagger-ui.css'), 'body{}');
}

beforeEach(async () => {
  webRoot = mkdtempSync(join(tmpdir(), 'rengarde-web-'));
  writeFileSync(join(webRoot, '..', 'outside.txt'), 'secret');
  running = await listeningManager({ webRoot });
});
afterEach(async () => {
  await running.manager.stop();
  rmSync(webRoot, { recursive: true });
});

describe('the web interface', () => {
  test('begins with its first page, whatever its route in the browser', async () => {
    build();
    for (const path of ['/', '/sessions', '/sessions/s1', '/links/eth0?view=24h']) {
      const answer = await running.ask(path);
      expect([path, answer.status, answer.text]).toEqual([path, 200, FIRST_PAGE]);
      expect(answer.headers).toMatchObject({
        'content-type': expect.stringMatching(/^text\/html/),
        'cache-control': 'no-cache',
      });
    }
  });

  test('has files that never change, compressed where the browser knows it', async () => {
    build();
    const plain = await running.ask('/main-ABCD2345.js');
    expect(plain.text).toBe(SCRIPT);
    expect(plain.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/javascript/),
      'cache-control': 'max-age=31536000, immutable',
    });
    const response = await open(running.url(), '/main-ABCD2345.js', {
      headers: { 'accept-encoding': 'gzip, br' },
    });
    expect(response.headers).toMatchObject({
      'content-encoding': 'br',
      vary: 'Accept-Encoding',
      'cache-control': 'max-age=31536000, immutable',
    });
    expect(brotliDecompressSync(Buffer.concat(await response.toArray())).toString()).toBe(SCRIPT);
    expect((await running.ask('/icon.svg')).headers['cache-control']).toBe('no-cache');
    expect((await running.ask('/api-docs/swagger-ui.css')).status).toBe(200);
  });

  test('says what it does not have', async () => {
    build();
    for (const path of [
      '/none.js',
      '/api-docs/none.css',
      '/../outside.txt',
      '/%2e%2e/outside.txt',
      '/..%2foutside.txt',
    ]) {
      const answer = await running.ask(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(answer.text).not.toContain('secret');
    }
    expect((await running.ask('/', { method: 'POST' })).status).toBe(404);
    expect((await running.ask('/api/none')).text).not.toContain('<!doctype');
  });

  test('says how to build it, until it is built', async () => {
    const answer = await running.ask('/');
    expect(answer.status).toBe(503);
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.text).toContain('npm run build');
    build();
    expect((await running.ask('/')).text).toBe(FIRST_PAGE);
  });
});
