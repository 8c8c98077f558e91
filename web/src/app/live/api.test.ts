/** Answers are made here: no browser is at hand. A real program that ends amid them is test/browser/restart's. */
import { afterEach, expect, test, vi } from 'vitest';
import { ApiError, get } from './api.ts';

afterEach(() => vi.unstubAllGlobals());

function answering(response: Response): void {
  vi.stubGlobal('fetch', async () => response);
}

/** A connection that breaks after these bytes. */
function cutShort(text: string): ReadableStream {
  const parts = [new TextEncoder().encode(text)];
  return new ReadableStream({
    pull(controller) {
      const part = parts.pop();
      if (part === undefined) controller.error(new TypeError('terminated'));
      else controller.enqueue(part);
    },
  });
}

const refusal = (code: string, status: number) =>
  expect.objectContaining({ code, status, constructor: ApiError });

test('get() gives what is answered', async () => {
  answering(new Response('{"role":"client"}'));
  expect(await get(['overview'])).toEqual({ role: 'client' });
});

test('get() takes an answer that is cut short for none', async () => {
  answering(new Response(cutShort('{"role":')));
  await expect(get(['overview'])).rejects.toEqual(refusal('unreachable', 0));
});

test.each([
  ['{"code":"no-session","message":"gone"}', 404, 'no-session'],
  ['<html>', 502, 'http-502'],
])('get() says that and why it was refused: %s', async (body, status, code) => {
  answering(new Response(body, { status }));
  await expect(get(['sessions', 'x'])).rejects.toEqual(refusal(code, status));
});
