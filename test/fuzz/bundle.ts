/**
 * One target as a program: the target, the loop that drives it and all of ours that they import in one file, with
 * src/ instrumented. Packages stay as they are: what they do is seen by what it makes our code do.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { type Instrumented, instrument } from './instrument.ts';

const HERE = import.meta.dirname;
const SOURCE = join(HERE, '../../src/');

/** Where a target's program and words are, beside what it finds. */
export const PROGRAM = 'program.mjs';
export const WORDS = 'words.json';

/** What the loop must know of its program. */
export interface Words {
  readonly edges: number;
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
}

/** Makes `target` (a path of a module whose `target` is one) a program in `directory`. */
export async function bundle(target: string, directory: string): Promise<void> {
  const found: Instrumented = { edges: 0, texts: new Set(), numbers: new Set() };
  await mkdir(directory, { recursive: true });
  await build({
    stdin: {
      contents: `import { target } from ${JSON.stringify(target)}; import { fuzz } from './loop.ts'; await fuzz(target);`,
      resolveDir: HERE,
      loader: 'ts',
    },
    outfile: join(directory, PROGRAM),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'error',
    banner: { js: 'const __fuzzHits = (globalThis.__fuzzHits = new Uint8Array(65536));' },
    plugins: [
      {
        name: 'instrument',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const source = placed(await readFile(path, 'utf8'), path);
            if (!path.startsWith(SOURCE)) return { contents: source, loader: 'ts' };
            return { contents: instrument(source, path, found), loader: 'js' };
          });
        },
      },
    ],
  });
  const words: Words = { edges: found.edges, texts: [...found.texts], numbers: [...found.numbers] };
  await writeFile(join(directory, WORDS), JSON.stringify(words));
}

/** In one file with others a module still finds what lies beside it. */
function placed(source: string, path: string): string {
  return source
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
}
