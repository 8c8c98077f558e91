/** Where the built web interface is, and how its files are served. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import type { Context, MiddlewareHandler } from 'hono';

/** Where the build puts it. */
export const WEB_ROOT = fileURLToPath(new URL('../../web/', import.meta.url));

export function isBuilt(root: string): boolean {
  return existsSync(join(root, 'index.html'));
}

/**
 * Serves what a request's path names, or always `path`, from folder `root`; compressed where the browser knows it.
 * @param onFound sees the file's name before it is sent
 */
export function serveFiles(
  root: string,
  onFound: (file: string, context: Context) => void,
  path?: string,
): MiddlewareHandler {
  return serveStatic({ root, precompressed: true, onFound, ...(path !== undefined && { path }) });
}
