/**
 * The API described by itself: an OpenAPI document made of the routes and the schemas that validate, and a page
 * that renders it with Swagger UI from this host's own files (dist/web/api-docs, put there by the build).
 */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { DOCUMENTATION_POLICY } from './safety/headers.ts';

const DESCRIPTION = [
  'Every answer that is not 2xx is a `Problem`. Requests that change something are refused when another site’s',
  'page sends them. Times are ISO 8601 in UTC, or Unix seconds where a number.',
].join('\n');

/** @param whole the app with every route, @returns the document as JSON, made once */
export function documentOf(whole: OpenAPIHono, version: string): () => string {
  let made: string | undefined;
  return () => {
    if (made !== undefined) return made;
    whole.openAPIRegistry.registerComponent('securitySchemes', 'basic', { type: 'http', scheme: 'basic' });
    const document = whole.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'rengarde', version, description: DESCRIPTION },
      security: [{ basic: [] }, {}],
    });
    made = JSON.stringify(document);
    return made;
  };
}

/** The page. Addresses are relative, so that it also works below a proxy's prefix. */
export function documentationPage(context: Context): Response {
  context.header('Content-Security-Policy', DOCUMENTATION_POLICY);
  return context.html(PAGE);
}

/** Starts Swagger UI; a file of its own, because the page may run no inline scripts. */
export function documentationScript(context: Context): Response {
  return context.body(SCRIPT, 200, { 'Content-Type': 'text/javascript; charset=utf-8' });
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>rengarde: API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="../../api-docs/swagger-ui.css">
  </head>
  <body>
    <div id="api"><noscript>This page needs JavaScript; the document itself is openapi.json.</noscript></div>
    <script src="../../api-docs/swagger-ui-bundle.js"></script>
    <script src="docs.js"></script>
  </body>
</html>
`;

/** Without a validator's address Swagger UI would show a badge from another host. */
const SCRIPT = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', validatorUrl: null, deepLinking: true });
`;
