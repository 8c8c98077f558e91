// `npm run package [-- npm|executables|deb|container ...]`: makes what people install, all of it or the named ones, in
// .cache/packages/out/, with SHA256SUMS. `--out FOLDER` puts it elsewhere; `--arch x64` or `arm64` makes one only;
// `--as-built` takes the packages and the page that are there, without a look whether they are up to date.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PackageError } from './package-error.mjs';
import { isMain, root, secondsSince } from './run.mjs';
import { SetupError, setUp } from './setup.mjs';

const KINDS = ['npm', 'executables', 'deb', 'container'];
const OUT = '.cache/packages/out';

async function main(args) {
  const { kinds, out, architectures, isAsBuilt } = wishes(args);
  if (!isAsBuilt) await setUp();
  // Only now: they need packages that a fresh clone has not.
  const { ARCHITECTURES, makeExecutables } = await import('./package-executable.mjs');
  const { makeContainerFolder } = await import('./package-container.mjs');
  const { makeDebianPackage } = await import('./package-deb.mjs');
  const { makeNpmPackage } = await import('./package-npm.mjs');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  mkdirSync(out, { recursive: true });

  if (kinds.has('npm')) await make('npm package', () => makeNpmPackage(out));
  if (kinds.has('executables') || kinds.has('deb') || kinds.has('container')) {
    for (const arch of architectures ?? ARCHITECTURES) {
      const what = { version, out, architectures: [arch] };
      const executable = await make(`executable for ${arch}`, async () => (await makeExecutables(what))[0]);
      if (kinds.has('deb')) {
        await make(`Debian package for ${arch}`, () => makeDebianPackage({ version, out, arch, executable }));
      }
      if (kinds.has('container')) {
        await make(`container folder for ${arch}`, () => makeContainerFolder({ out, arch, executable }));
      }
    }
  }
  writeSums(out);
}

function wishes(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { out: { type: 'string' }, arch: { type: 'string' }, 'as-built': { type: 'boolean' } },
  });
  const unknown = positionals.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) {
    throw new PackageError(`Cannot make package "${unknown}": there are ${KINDS.join(', ')}`);
  }
  return {
    kinds: new Set(positionals.length > 0 ? positionals : KINDS),
    out: resolve(root, values.out ?? OUT),
    architectures: values.arch === undefined ? undefined : [values.arch],
    isAsBuilt: values['as-built'] === true,
  };
}

/** Makes a file, and says which, how large, and in what time. */
async function make(what, maker) {
  const startMs = performance.now();
  process.stdout.write(`${what} ... `);
  const file = await maker();
  const megabytes = (statSync(file).size / 1e6).toFixed(1);
  console.log(`${relative(root, file)}, ${megabytes} MB, in ${secondsSince(startMs)}`);
  return file;
}

/** In the format of sha256sum(1): `sha256sum --check SHA256SUMS` in the folder. */
function writeSums(out) {
  const files = readdirSync(out, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name !== 'SHA256SUMS',
  );
  const lines = files.map(({ name }) => {
    const sum = createHash('sha256')
      .update(readFileSync(join(out, name)))
      .digest('hex');
    return `${sum}  ${name}\n`;
  });
  writeFileSync(join(out, 'SHA256SUMS'), lines.sort().join(''));
}

if (isMain(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof PackageError || error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}
