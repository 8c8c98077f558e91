import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, get } from './api.ts';

const system = fetch;
let end: () => void = () => {};

afterEach(() => {
  end();
  vi.unstubAllGlobals();
});

/** A program that answers so. In a page addresses begin with that of the page; here they are completed. */
async function answering(answer: (response: ServerResponse) => void): Promise<void> {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  vi.stubGlobal('fetch', (path: string, init: RequestInit) =>
    system(`http://127.0.0.1:${port}${path}`, init),
  );
  end = () => void server.close();
}

const refusal = (code: string, status: number) =>
  expect.objectContaining({ code, status, constructor: ApiError });

test('get() gives what is answered', async () => {
  await answering((response) => response.end('{"role":"client"}'));
  expect(await get(['overview'])).toEqual({ role: 'client' });
});

test('get() takes an answer that is cut short for none', async () => {
  await answering((response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"role":');
    setTimeout(() => response.destroy(), 50);
  });
  await expect(get(['overview'])).rejects.toEqual(refusal('unreachable', 0));
});

test('get() says why it was refused, and that it was when the refusal cannot be read', async () => {
  await answering((response) => response.writeHead(404).end('{"code":"no-session","message":"gone"}'));
  await expect(get(['sessions', 'x'])).rejects.toEqual(refusal('no-session', 404));
  end();
  await answering((response) => response.writeHead(502).end('<html>'));
  await expect(get(['sessions', 'x'])).rejects.toEqual(refusal('http-502', 502));
});
