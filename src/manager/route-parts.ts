/** Pieces that the routes of both versions are declared with. */
import type { Hook } from '@hono/zod-openapi';
import type { Env } from 'hono';
import type { z } from 'zod';
import { problem } from '../contract/index.ts';
import { Refusal } from './refusal.ts';

/** A JSON answer, in a route's `responses`. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** Every other status of every route. */
export const PROBLEM = json(problem, 'Not done; `code` is stable, `message` is for people.');

/** What a request has that its schema does not want: 400, with every place and reason. */
export const onInvalid: Hook<unknown, Env, string, unknown> = (result) => {
  if (result.success) return;
  const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new Refusal(400, 'bad-request', `Cannot read the ${result.target}: ${issues.join('; ')}`);
};
