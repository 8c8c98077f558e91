// Puts the programs and their dependencies into few files, in place of the entries that the compiler wrote: starting
// them means reading a handful of modules instead of some 400, and what nobody calls stays out of memory. Each entry
// is bundled by itself: threads share no code in memory, and what one of them needs would weigh on the others. The
// compiled rooms stay beside them for tests and benchmarks; without this step everything runs as well, but heavier.
// `node scripts/bundle-programs.mjs [directory]`, after tsc; the directory instead of dist/ is for trying things out.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { packagesIn, speakingEnglish, threadEntries } from './bundled.mjs';
import { isMain, root } from './run.mjs';

/** What the entries load, at once or only when it is wanted. */
const PARTS = 'parts';
/** A program that runs may still load one of the build it was started from. */
const KEEP_PARTS_MS = 24 * 3_600_000;
/** Packages of CommonJS ask for Node's modules by require, which a module does not have. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

/**
 * @param {string} dist folder that gets the entries, each in its room's folder, and the parts
 * @param {{ sourcemap?: boolean }} [options] maps for `node --enable-source-maps`
 * @returns {Promise<string[]>} folders of the packages that are in them
 */
export async function bundlePrograms(dist, { sourcemap = false } = {}) {
  const programs = readdirSync(join(root, 'src/bin')).map((name) => `src/bin/${name}`);
  const entries = [...programs, ...threadEntries()].map((path) => relative('src', path));
  const built = await Promise.all(entries.map((entry) => bundle(entry, dist, sourcemap)));
  const outputFiles = built.flatMap(({ outputFiles }) => outputFiles);
  const inputs = Object.assign({}, ...built.map(({ metafile }) => metafile.inputs));
  refuseLateCommonJs(inputs);
  forgetOldParts(join(dist, PARTS));
  // First the parts: whoever starts a program meanwhile finds all of it.
  const isEntry = ({ path }) => basename(dirname(path)) !== PARTS;
  for (const file of outputFiles.sort((a, b) => isEntry(a) - isEntry(b))) replace(file.path, file.contents);
  return packagesIn({ inputs });
}

/** @param {string} entry its path in src/ */
function bundle(entry, dist, sourcemap) {
  return build({
    entryPoints: { [withoutExtension(entry)]: join('src', entry) },
    absWorkingDir: root,
    outdir: dist,
    chunkNames: `${PARTS}/[name]-[hash]`,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'], // what is loaded late has to be a module, see below
    external: ['koffi'], // a native library, which it looks for beside its scripts
    banner: { js: REQUIRE },
    legalComments: 'none', // packages carry the whole texts of the licences
    sourcemap,
    sourcesContent: false,
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins: [keepingPlaces, speakingEnglish],
  });
}

/** A source that looks for a file beside it looks where the compiler would have put that source. */
const keepingPlaces = {
  name: 'places',
  setup(building) {
    building.onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, ({ path }) => {
      const name = relative(join(root, 'src'), path).replaceAll('\\', '/');
      if (name.startsWith('..')) return undefined;
      // Entries and parts are one folder below dist/.
      const place = `new URL(${JSON.stringify(`../${withoutExtension(name)}.js`)}, import.meta.url).href`;
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', place), loader: 'ts' };
    });
  },
};

/** A part made of CommonJS has no named exports: whoever loads it late would get `undefined` for each. */
function refuseLateCommonJs(inputs) {
  for (const [path, { imports }] of Object.entries(inputs)) {
    const late = imports.find(
      ({ kind, path }) => kind === 'dynamic-import' && inputs[path]?.format === 'cjs',
    );
    if (late !== undefined)
      throw new Error(`Cannot bundle ${path}: it imports ${late.path} late, which is CommonJS`);
  }
}

function forgetOldParts(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (Date.now() - statSync(file).mtimeMs > KEEP_PARTS_MS) rmSync(file);
  }
}

function replace(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, contents);
  renameSync(`${path}.new`, path);
}

function withoutExtension(path) {
  return path.replace(/\.ts$/, '');
}

if (isMain(import.meta.url))
  await bundlePrograms(resolve(root, process.argv[2] ?? 'dist'), { sourcemap: true });
