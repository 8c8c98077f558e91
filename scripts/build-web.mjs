// Builds the page that the programs serve: Angular's build of web/, beside it the page of the API's
// documentation, and a compressed twin of each file. It is put together in .cache/ and then takes the place of
// dist/web/ at once, so that a running program never serves half of it.
// `node scripts/build-web.mjs [directory]`; the directory instead of dist/web/ is for trying things out.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { isMain, root, runNode } from './run.mjs';

const require = createRequire(import.meta.url);

/** What a browser may have to fetch before it shows the first view, compressed. */
const FIRST_LOAD_MAX_BYTES = 200_000;

/** Smaller files travel in one packet anyway; others are compressed already. */
const COMPRESS_FROM_BYTES = 1000;
const COMPRESSIBLE = ['.html', '.js', '.css', '.svg', '.txt', '.json'];

/** The parts of swagger-ui-dist that a page of ours needs to render an OpenAPI document. */
const API_DOCS = ['swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'swagger-ui.css'];

/** How files name others that are fetched with them; what is fetched later is named by import(). */
const REFERENCES = {
  '.html': /(?:src|href)="([^":]+\.(?:js|css|svg))"/g,
  '.js': /(?:from|import)\s*"\.\/([^"]+\.js)"/g,
};

/** The page cannot be built; the message has the compiler's words. */
export class WebBuildError extends Error {}

/**
 * Builds into a directory, from the project's root, in place of what is there.
 * @returns {Promise<number>} bytes of the first load, compressed
 * @throws {WebBuildError}
 */
export async function buildWeb(directory = 'dist/web') {
  const target = resolve(root, directory);
  const workshop = join(root, '.cache', `build-web-${process.pid}`);
  try {
    await compile(workshop);
    const page = join(workshop, 'browser');
    cpSync(join(workshop, '3rdpartylicenses.txt'), join(page, '3rdpartylicenses.txt'));
    copyApiDocs(join(page, 'api-docs'));
    compressAll(page);
    const bytes = firstLoadBytes(page);
    if (bytes > FIRST_LOAD_MAX_BYTES) {
      throw new WebBuildError(
        `Cannot use the page: its first load is ${bytes} bytes compressed, at most ${FIRST_LOAD_MAX_BYTES} are allowed`,
      );
    }
    replace(target, page);
    return bytes;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}

async function compile(workshop) {
  const ng = join(root, 'node_modules/@angular/cli/bin/ng.js');
  const args = ['build', '--output-path', workshop, '--progress=false'];
  const env = { NG_CLI_ANALYTICS: 'false', CI: '1', NO_COLOR: '1' };
  const { status, output } = await runNode(ng, args, { env, directory: join(root, 'web') });
  if (status !== 0)
    throw new WebBuildError(`${output.trimEnd()}\n\nCannot build the page: see the errors above`);
}

function copyApiDocs(directory) {
  const source = dirname(require.resolve('swagger-ui-dist/package.json'));
  mkdirSync(directory, { recursive: true });
  for (const name of API_DOCS) cpSync(join(source, name), join(directory, name));
}

/** Writes `x.br` and `x.gz` beside each `x`: what serves them then spends no time on compressing. */
function compressAll(directory) {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSIBLE.includes(extname(entry.name))) continue;
    const file = join(entry.parentPath, entry.name);
    const content = readFileSync(file);
    if (content.length < COMPRESS_FROM_BYTES) continue;
    const hint = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params: hint }));
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  }
}

/** Compressed bytes of index.html, and of what it and its scripts name as needed from the start. */
export function firstLoadBytes(directory) {
  const seen = new Set();
  const waiting = ['index.html'];
  let bytes = 0;
  for (const name of waiting) {
    if (seen.has(name)) continue;
    seen.add(name);
    const file = join(directory, name);
    const compressed = `${file}.gz`;
    bytes += readFileSync(existsSync(compressed) ? compressed : file).length;
    const references = REFERENCES[extname(name)];
    if (references === undefined) continue;
    for (const match of readFileSync(file, 'utf8').matchAll(references)) {
      waiting.push(match[1].replace(/^\//, ''));
    }
  }
  return bytes;
}

function replace(target, page) {
  const old = join(dirname(page), `old-${basename(target)}`);
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(target)) renameSync(target, old);
  renameSync(page, target);
}

if (isMain(import.meta.url)) {
  try {
    const bytes = await buildWeb(process.argv[2]);
    console.log(`First load: ${(bytes / 1000).toFixed(1)} kB compressed`);
  } catch (error) {
    if (!(error instanceof WebBuildError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
