/** All routes and guards of the manager, in the order in which a request meets them. */

import { OpenAPIHono } from '@hono/zod-openapi';
import { except } from 'hono/combine';
import { compress } from 'hono/compress';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Control, Log, PastRecord } from './control.ts';
import { documentationPage, documentationScript, documentOf } from './documentation.ts';
import type { Feed } from './live/feed.ts';
import { metrics } from './metrics.ts';
import { pages } from './pages/pages.ts';
import { answerError, answerNotFound, answerWrongMethod } from './refusal.ts';
import { limitBody } from './request-body.ts';
import { onInvalid } from './route-parts.ts';
import { authentication, metricsAuthentication } from './safety/authentication.ts';
import type { Credentials } from './safety/credentials.ts';
import { noStore, safeHeaders } from './safety/headers.ts';
import { hostGuard, type OwnNames } from './safety/host-guard.ts';
import { LoginLimit } from './safety/login-limit.ts';
import { originGuard } from './safety/origin-guard.ts';
import { version1 } from './v1/routes.ts';
import { addActions } from './v2/actions.ts';
import { addPast, addStream } from './v2/past.ts';
import { addPresent } from './v2/present.ts';

/** What the app is made of; credentials and names change while it runs. */
export interface AppParts {
  readonly role: 'client' | 'server';
  readonly version: string;
  readonly control: Control;
  readonly past: PastRecord;
  readonly feed: Feed;
  readonly credentials: Credentials;
  readonly names: OwnNames;
  /** Folder of the built web interface. */
  readonly webRoot: string;
  readonly log: Log;
}

/** Nothing in it knows of sockets or threads. */
export function createApp(parts: AppParts): OpenAPIHono {
  const app = new OpenAPIHono();
  app.onError(answerError(parts.log));
  app.notFound(answerNotFound);
  app.use(safeHeaders());
  app.use('/api/*', noStore());
  app.use('/api/*', compress()); // not the event stream: its type is left alone
  app.use('/metrics', noStore());
  app.use(hostGuard(parts.names));
  const limit = new LoginLimit();
  const signIn = authentication(parts.credentials, limit);
  app.use('/metrics', metricsAuthentication(parts.credentials, limit, signIn));
  app.use(except('/metrics', signIn));
  app.use(originGuard());
  app.route('/api', apiOf(parts, documentOf(app, parts.version)));
  app.get('/metrics', metrics(parts.control));
  app.get('*', pages(parts.webRoot));
  return app;
}

/** @param document makes the OpenAPI document, when all routes are there */
function apiOf(parts: AppParts, document: () => string): OpenAPIHono {
  const api = new OpenAPIHono();
  api.use(methodNotAllowed({ app: api, onMethodNotAllowed: answerWrongMethod }));
  api.use(limitBody());
  api.route('/v1', version1(parts.role, parts.control));
  api.route('/v2', version2(parts, document));
  api.all('*', answerNotFound);
  return api;
}

function version2({ role, control, past, feed }: AppParts, document: () => string): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: onInvalid });
  addPresent(app, control);
  addPast(app, control, past);
  addStream(app, role, control, feed);
  addActions(app, control);
  app.get('/openapi.json', (context) => {
    return context.body(document(), 200, { 'Content-Type': 'application/json' });
  });
  app.get('/docs', documentationPage);
  app.get('/docs.js', documentationScript);
  return app;
}
