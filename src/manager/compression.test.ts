import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listeningManager, open, type RunningManager } from '../../test/manager/running-manager.ts';

let running: RunningManager;

beforeEach(async () => {
  running = await listeningManager({});
});
afterEach(() => running.manager.stop());

const asked = { headers: { 'accept-encoding': 'gzip' } };

test('long answers travel compressed', async () => {
  const { response, body } = await fetchRaw('/api/v2/overview');
  expect(response.headers['content-encoding']).toBe('gzip');
  const text = gunzipSync(body).toString();
  expect(JSON.parse(text)).toMatchObject({ role: 'client' });
  expect(body.length).toBeLessThan(text.length / 2);
});

test('the event stream does not: each event is there at once', async () => {
  const response = await open(running.url(), '/api/v2/stream', asked);
  expect(response.headers['content-encoding']).toBeUndefined();
  response.destroy();
});

async function fetchRaw(path: string) {
  const response = await open(running.url(), path, asked);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { response, body: Buffer.concat(chunks) };
}
