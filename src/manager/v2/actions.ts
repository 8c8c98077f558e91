/** Version 2, what can be done: by POST only, refused by control with a reason. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import { type Action, actionDone, exclusionRequest } from '../../contract/index.ts';
import type { Control } from '../control.ts';
import { Refusal } from '../refusal.ts';
import { emptyBodyIsNone } from '../request-body.ts';
import { json, PROBLEM } from '../route-parts.ts';
import { nameInPath } from './shapes.ts';

/** Adds the actions to `app`; control refuses those that this program does not have. */
export function addActions(app: OpenAPIHono, control: Control): void {
  app.openapi(exclude, async (context) => {
    const path = context.req.valid('param').name;
    // Without a body there is no `force` either: its default is of the body's schema.
    const force = context.req.valid('json').force === true;
    return context.json(await carryOut(control, { do: 'exclude', path, force }), 200);
  });
  app.openapi(ofLink('include', 'Uses the link again'), async (context) => {
    const path = context.req.valid('param').name;
    return context.json(await carryOut(control, { do: 'include', path }), 200);
  });
  for (const what of ['reset', 'keep'] as const) {
    app.openapi(ofAll(what), async (context) => {
      return context.json(await carryOut(control, { do: what }), 200);
    });
  }
  for (const what of ['cut', 'restore'] as const) {
    app.openapi(ofDemo(what), async (context) => {
      const path = context.req.valid('param').name;
      return context.json(await carryOut(control, { do: what, path }), 200);
    });
  }
}

async function carryOut(control: Control, action: Action): Promise<{ status: 'ok'; changed: boolean }> {
  const result = await control.act(action);
  if (result.status === 'refused') throw Refusal.ofAction(result.code, result.message);
  return result;
}

const TAGS = ['actions'];
const DONE = json(actionDone, 'Done, or so already.');

const exclude = createRoute({
  method: 'post',
  path: '/paths/{name}/exclude',
  operationId: 'excludePath',
  tags: TAGS,
  summary: 'Leaves the link out, until restart or until kept',
  description: 'The last link that works is left out with `force` only; else 409, `last-working-path`.',
  middleware: emptyBodyIsNone,
  request: { params: nameInPath, body: { content: { 'application/json': { schema: exclusionRequest } } } },
  responses: { 200: DONE, default: PROBLEM },
});

function ofLink(what: 'include', summary: string) {
  return createRoute({
    method: 'post',
    path: `/paths/{name}/${what}`,
    operationId: `${what}Path`,
    tags: TAGS,
    summary,
    request: { params: nameInPath },
    responses: { 200: DONE, default: PROBLEM },
  });
}

function ofAll(what: 'reset' | 'keep') {
  return createRoute({
    method: 'post',
    path: `/exclusions/${what}`,
    operationId: `${what}Exclusions`,
    tags: TAGS,
    summary: what === 'reset' ? 'Back to what the file says' : 'Writes what was changed here into the file',
    responses: { 200: DONE, default: PROBLEM },
  });
}

function ofDemo(what: 'cut' | 'restore') {
  return createRoute({
    method: 'post',
    path: `/demo/links/{name}/${what}`,
    operationId: `${what}DemoLink`,
    tags: ['demo'],
    summary: `${what === 'cut' ? 'Cuts' : 'Restores'} a link of the demo; exists nowhere else`,
    request: { params: nameInPath },
    responses: { 200: DONE, default: PROBLEM },
  });
}
