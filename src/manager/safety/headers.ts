/** What browsers may do with our pages: load from here only, be framed nowhere, keep no answers of the API. */
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

const SELF = "'self'";
const NONE = "'none'";

/** Of the page that shows the API: Swagger UI sets styles on its elements. A handler sets it itself. */
export const DOCUMENTATION_POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
].join('; ');

/** For everything but the pages that set a policy of their own. */
export function safeHeaders(): MiddlewareHandler {
  return secureHeaders({
    overwrite: false,
    contentSecurityPolicy: {
      defaultSrc: [NONE],
      scriptSrc: [SELF],
      styleSrc: [SELF],
      imgSrc: [SELF, 'data:'],
      fontSrc: [SELF],
      connectSrc: [SELF],
      baseUri: [NONE],
      formAction: [SELF],
      frameAncestors: [NONE],
    },
    // Not "no-referrer": the guard of version 1's reset by GET needs it from our own old pages.
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    // It would hold for every other port and program of this host name too.
    strictTransportSecurity: false,
  });
}

/** The API tells the present; no browser or proxy may keep it. */
export function noStore(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
  };
}
