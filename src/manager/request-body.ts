/** What counts as JSON in a request's body, before the schemas look at it. */
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';

const MAX_BODY_BYTES = 16 * 1024;

/** The longest body has one interface name in it. */
export function limitBody(): MiddlewareHandler {
  return bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new HTTPException(413);
    },
  });
}

/** The original never looked at the media type, and curl says "form" of everything: any body is taken for JSON. */
export const anyBodyIsJson: MiddlewareHandler = async (context, next) => {
  context.req.raw.headers.set('content-type', 'application/json');
  await next();
};

/** A body that is empty counts as none, whatever its media type says. */
export const emptyBodyIsNone: MiddlewareHandler = async (context, next) => {
  if ((await context.req.text()) === '') context.req.raw.headers.delete('content-type');
  await next();
};
