/** FollowedFile on a real file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ClientConfig, loadClientConfig } from '../config/index.ts';
import type { Log } from '../telemetry/index.ts';
import { FollowedFile } from './followed-file.ts';

const text = (keys: string) => `client:\n  listenAddr: 127.0.0.1:59401\n  dstAddr: 192.0.2.1:59402\n${keys}`;
const A = text('  description: A\n');
const B = text('  description: B\n');

describe('FollowedFile', () => {
  let folder: string;
  let file: string;
  let followed: FollowedFile<ClientConfig>;
  let applied: string[];
  let said: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rengarde-followed-'));
    file = join(folder, 'engarde.yml');
    writeFileSync(file, A);
    applied = [];
    said = [];
    const say = (level: string) => (message: string) => said.push(`${level} ${message}`);
    const log = { info: say('info'), warn: say('warn'), error: say('error') } as unknown as Log;
    followed = new FollowedFile((await loadClientConfig(file)).config, {
      file,
      load: loadClientConfig,
      apply: ({ description }) => applied.push(description),
      log,
      notify: (kind, _, detail) => said.push([kind, detail].filter(Boolean).join(' ')),
    });
  });
  afterEach(() => {
    followed.close();
    rmSync(folder, { recursive: true });
  });

  const poll = (holds: () => unknown) => expect.poll(holds, { timeout: 10_000, interval: 20 });

  test('follows a change by itself, and says so', async () => {
    writeFileSync(file, B);
    await poll(() => applied).toEqual(['B']);
    expect(said).toEqual([`info ${file} has changed: it is in force now`, 'file-reloaded']);
  });

  test('.read() takes a change over at once, and the way back is seen too', async () => {
    writeFileSync(file, B);
    await followed.read();
    expect(applied).toEqual(['B']);
    writeFileSync(file, A);
    await poll(() => applied).toEqual(['B', 'A']);
  });

  test('names what waits for a restart', async () => {
    writeFileSync(file, B.replace('59401', '59499'));
    await followed.read();
    expect(applied).toEqual(['B']);
    expect(said).toContain('file-reloaded client.listenAddr: only after a restart');
  });

  test('refuses a file with a mistake whole, with its place, and takes it when mended', async () => {
    writeFileSync(file, B.replace('192.0.2.1:59402', 'nowhere'));
    await followed.read();
    expect(applied).toEqual([]);
    expect(followed.config.description).toBe('A');
    expect(said[0]).toMatch(/^error .*engarde\.yml has changed and is refused.*:3:12/s);
    expect(said[1]).toMatch(/^file-refused .*nowhere/s);
    writeFileSync(file, B);
    await poll(() => applied).toEqual(['B']);
  });
});
