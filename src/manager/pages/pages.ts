/**
 * The web interface's files. Its routes live in the browser: what has no dot and is no file is its first page.
 * Files with a hash in their names never change; the first page is asked for again each time.
 */
import type { Context, MiddlewareHandler } from 'hono';
import { isBuilt, serveFiles } from './files.ts';

/** As the build names what it hashes, and its compressed twins. */
const HASHED = /-[A-Z0-9]{8}\.[a-z0-9]+(\.(br|gz|zst))?$/;

const NOT_BUILT = `The web interface is not there: this copy of rengarde was built without it.
Run "npm run build" in its folder. The API works: /api/v2/docs
`;

/** @param root folder of the built web interface; looked for at each request, for it may be built meanwhile */
export function pages(root: string): MiddlewareHandler {
  const keep = (file: string, context: Context) => {
    context.header('Cache-Control', HASHED.test(file) ? 'max-age=31536000, immutable' : 'no-cache');
  };
  let serveFile: MiddlewareHandler | undefined;
  let serveFirstPage: MiddlewareHandler | undefined;
  return async (context, next) => {
    if (!isBuilt(root)) return context.text(NOT_BUILT, 503);
    // Made late, because it complains on the console about a folder that is missing.
    serveFile ??= serveFiles(root, keep);
    serveFirstPage ??= serveFiles(root, keep, 'index.html');
    const isFile = context.req.path.split('/').at(-1)?.includes('.') === true;
    const serve = isFile ? serveFile : serveFirstPage;
    return serve(context, next);
  };
}
