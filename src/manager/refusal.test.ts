import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { answerError } from './refusal.ts';

const ABORTED = Object.assign(new Error('aborted'), { code: 'ECONNRESET' }); // as node:http has it

test.each([
  { what: 'a sender who left', error: ABORTED, status: 400, lines: 0 },
  { what: 'a mistake of ours', error: new TypeError('x is undefined'), status: 500, lines: 1 },
])('answerError() of $what writes $lines lines into the log', async ({ error, status, lines }) => {
  const logged: string[] = [];
  const app = new Hono();
  app.onError(answerError((level, message) => logged.push(`${level}: ${message}`)));
  app.post('/api/x', () => {
    throw error;
  });
  const response = await app.request('/api/x', { method: 'POST' });
  expect(response.status).toBe(status);
  expect(await response.text()).not.toContain(error.message);
  expect(logged).toHaveLength(lines);
});
