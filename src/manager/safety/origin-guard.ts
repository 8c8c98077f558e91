/**
 * No other site's page changes anything here, though the browser sends our credentials along. What the browser
 * says of a request's origin: Sec-Fetch-Site (Fetch Metadata, W3C), Origin (RFC 6454), Referer (RFC 9110).
 * Programs such as curl say nothing and pass. hono/csrf does not fit: it looks at HTML forms only.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { Refusal } from '../refusal.ts';

/** Asked for by GET in the original's page, and kept for it. */
const CHANGES_BY_GET = new Set(['/api/v1/reset-exclusions']);

/** Refuses what changes something and does not come from our own page or from no page at all. */
export function originGuard(): MiddlewareHandler {
  return async (context, next) => {
    const isRead = context.req.method === 'GET' || context.req.method === 'HEAD';
    const isChangeByGet = isRead && CHANGES_BY_GET.has(context.req.path);
    if ((!isRead && isForeign(context)) || (isChangeByGet && (isForeign(context) || isMaybeImage(context)))) {
      throw new Refusal(
        403,
        'foreign-origin',
        'Cannot do this for a page of another site: want a request from this page or from a program',
      );
    }
    await next();
  };
}

function isForeign({ req }: Context): boolean {
  const site = req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = req.header('origin');
  return origin !== undefined && !isOfHost(origin, req.header('host'));
}

/**
 * An `<img>` of a foreign page, or a link in it, asks without Origin; old browsers without Sec-Fetch-Site too.
 * Then only the Referer tells; where a browser sends none of the three, it is refused.
 */
function isMaybeImage({ req }: Context): boolean {
  if (req.header('sec-fetch-site') !== undefined || req.header('origin') !== undefined) return false;
  const referer = req.header('referer');
  if (referer !== undefined) return !isOfHost(referer, req.header('host'));
  return req.header('user-agent')?.startsWith('Mozilla/') === true;
}

function isOfHost(url: string, host: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host: urlHost } = new URL(url);
  const ours = `${protocol}//${host}`;
  return URL.canParse(ours) && new URL(ours).host === urlHost && urlHost !== '';
}
