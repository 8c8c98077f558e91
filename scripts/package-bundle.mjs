// Bundles the programs and their dependencies into scripts that need no files beside them: one for the main thread,
// one for each other thread. What the sources read from their installed package comes out of the executable instead:
// packaging/single-file/ has the replacements. A source that reads another file of the package fails the build.

import { readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { build } from 'esbuild';
import { packagesIn, speakingEnglish, threadEntries } from './bundled.mjs';
import { PackageError } from './package-error.mjs';
import { root } from './run.mjs';

/** Sources, from src/, and what takes their place. */
const REPLACED = {
  'demo/own-program.ts': 'own-program.ts',
  'manager/pages/files.ts': 'files.ts',
};
/** The one way in which the sources start a thread (CONTRIBUTING.md, scripts/boundaries.mjs). */
const THREAD_URL = /new URL\(\s*['"][^'"]*?([\w-]+-thread)\.js['"],\s*import\.meta\.url\)/g;
/** Packages of CommonJS ask for Node's modules by require, which a thread's module does not have. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire('file:///');`;

const replacements = join(root, 'packaging/single-file');

/** What the executable runs first: it knows only scripts of the older kind, and none of those may wait while it loads. */
const STARTER = `const { Script, constants } = require('node:vm');
const load = new Script('(url) => import(url)', {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}).runInThisContext();
const script = Buffer.from(require('node:sea').getRawAsset('scripts/main.js'));
load('data:text/javascript;base64,' + script.toString('base64')).catch((error) => {
  console.error(error);
  process.exit(1);
});
`;

/**
 * @param {string} version of the program
 * @returns {Promise<{ starter: string, scripts: Record<string, string>, packages: string[] }>} `scripts`: by name, of
 *   the main thread and the others; `packages`: folders of the packages that are in them
 * @throws {PackageError}
 */
export async function bundle(version) {
  const threads = threadEntries();
  const options = {
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: REQUIRE },
    write: false,
    metafile: true,
    logLevel: 'silent',
    legalComments: 'none', // the licences of what is in here are told beside the executable
    absWorkingDir: root,
    minifySyntax: true,
    minifyWhitespace: true,
    plugins: [replacing(version, new Set(threads.map(nameOf))), speakingEnglish],
  };
  const scripts = {};
  const packages = new Set(['node_modules/koffi']); // its library is carried, though no script of it
  try {
    for (const entry of ['packaging/single-file/main.ts', ...threads]) {
      const { outputFiles, metafile } = await build({ ...options, entryPoints: [entry] });
      const name = `${nameOf(entry)}.js`;
      // Else messages about mistakes would name the script by its whole text.
      scripts[name] = `${outputFiles[0].text}\n//# sourceURL=${name}\n`;
      for (const folder of packagesIn(metafile)) packages.add(folder);
    }
  } catch (error) {
    throw new PackageError(`Cannot bundle the programs: ${error.message}`);
  }
  return { starter: STARTER, scripts, packages: [...packages].sort() };
}

function nameOf(entry) {
  return basename(entry, '.ts');
}

function replacing(version, threads) {
  return {
    name: 'single file',
    setup(building) {
      building.onResolve({ filter: /^koffi$/ }, () => ({ path: join(replacements, 'koffi.ts') }));
      building.onLoad({ filter: /[/\\]src[/\\]/ }, ({ path }) => {
        const name = relative(join(root, 'src'), path).replaceAll('\\', '/');
        if (name.startsWith('..')) return undefined;
        if (name === 'cli/version.ts')
          return { contents: `export const VERSION = ${JSON.stringify(version)};` };
        const replacement = REPLACED[name];
        if (replacement !== undefined) {
          const file = join(replacements, replacement);
          return { contents: readFileSync(file, 'utf8'), loader: 'ts', resolveDir: replacements };
        }
        return { contents: withoutFiles(name, readFileSync(path, 'utf8'), threads), loader: 'ts' };
      });
    },
  };
}

/** Its threads started from the executable. @throws when it reads other files beside it */
function withoutFiles(name, source, threads) {
  let isStarting = false;
  const text = source.replace(THREAD_URL, (_, thread) => {
    if (!threads.has(thread)) throw new Error(`src/${name} starts ${thread}, of which there is no source`);
    isStarting = true;
    return `threadUrl(${JSON.stringify(thread)})`;
  });
  if (/\bimport\.meta\b/.test(text)) {
    throw new Error(
      `src/${name} reads a file beside it (import.meta): give it a replacement in packaging/single-file/`,
    );
  }
  if (!isStarting) return text;
  return `import { threadUrl } from ${JSON.stringify(join(replacements, 'thread-url.ts'))};\n${text}`;
}
