/** Instead of src/manager/pages/files.ts: the web interface is in the executable and served from its memory. */
import { getRawAsset } from 'node:sea';
import type { Context, MiddlewareHandler } from 'hono';
import { serveStatic } from 'hono/serve-static';

/** Begins the names of its files among what the executable carries. */
export const WEB_ROOT = 'web/';

/** The executable is not made without it. */
export function isBuilt(): boolean {
  return true;
}

/** See src/manager/pages/files.ts. */
export function serveFiles(
  root: string,
  onFound: (file: string, context: Context) => void,
  path?: string,
): MiddlewareHandler {
  return serveStatic({
    root,
    precompressed: true,
    onFound,
    join: (folder, name) => folder + name.replace(/^\/+/, ''),
    getContent: async (name) => contentOf(name),
    ...(path !== undefined && { path }),
  });
}

function contentOf(name: string): ArrayBuffer | null {
  try {
    return getRawAsset(name) as ArrayBuffer;
  } catch {
    return null; // no such file: what the browser asks for it may well not be there
  }
}
