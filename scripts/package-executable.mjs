// Makes the programs one executable file for Linux that needs no Node: Node's own binary with the scripts, the web
// interface and the native library in it, as Node's documentation of single executable applications describes.

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import postject from 'postject';
import { BETWEEN_LICENCES, licencesOf } from './bundled.mjs';
import { bundle } from './package-bundle.mjs';
import { unpackedPackage } from './package-download.mjs';
import { PackageError } from './package-error.mjs';
import { root, run } from './run.mjs';

/** Processors that there is an executable for, by Node's names. */
export const ARCHITECTURES = ['x64', 'arm64'];

/** What Node looks for in its own file; flipped when there is something. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Makes `rengarde-VERSION-linux-ARCH` for each processor, and the licences of what they carry.
 * @param {{ version: string, out: string, architectures?: string[] }} what `out`: folder that takes them
 * @returns {Promise<string[]>} paths of the executables
 * @throws {PackageError}
 */
export async function makeExecutables({ version, out, architectures = ARCHITECTURES }) {
  const { starter, scripts, packages } = await bundle(version);
  const workshop = mkdtempSync(join(tmpdir(), 'rengarde-executable-'));
  try {
    writeFileSync(join(workshop, 'starter.cjs'), starter);
    for (const [name, text] of Object.entries(scripts)) writeFileSync(join(workshop, name), text);
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), await licences(packages));
    const files = [];
    for (const arch of architectures) {
      files.push(await makeExecutable({ arch, version, out, workshop, scripts: Object.keys(scripts) }));
    }
    return files;
  } finally {
    rmSync(workshop, { recursive: true });
  }
}

async function makeExecutable({ arch, version, out, workshop, scripts }) {
  const assets = { 'koffi.node': await koffiLibrary(arch), ...webFiles() };
  for (const name of scripts) assets[`scripts/${name}`] = join(workshop, name);
  const blob = join(workshop, `${arch}.blob`);
  const config = {
    main: join(workshop, 'starter.cjs'),
    output: blob,
    disableExperimentalSEAWarning: true,
    execArgv: ['--disable-warning=ExperimentalWarning'], // of how the first script loads the others
    useCodeCache: false, // it would fit one processor only
    execArgvExtension: 'none', // NODE_OPTIONS are for Node programs, and nobody need know that this is one
    assets,
  };
  writeFileSync(join(workshop, 'sea.json'), JSON.stringify(config));
  // Only the same version makes what it will understand; any processor's will do.
  const result = await run(join(await node(process.arch), 'bin/node'), [
    '--experimental-sea-config',
    join(workshop, 'sea.json'),
  ]);
  if (result.status !== 0) throw new PackageError(`Cannot prepare the executable: ${result.output.trim()}`);

  const file = join(out, `rengarde-${version}-linux-${arch}`);
  rmSync(file, { force: true }); // a running one, and other names of the same file, keep theirs
  copyFileSync(join(await node(arch), 'bin/node'), file);
  await inject(file, readFileSync(blob));
  chmodSync(file, 0o755);
  return file;
}

/** postject prints a line about each section that it does not know, of which Node's own binary has a few. */
async function inject(file, blob) {
  const { warn } = console;
  console.warn = () => {};
  try {
    await postject.inject(file, 'NODE_SEA_BLOB', blob, { sentinelFuse: FUSE });
  } finally {
    console.warn = warn;
  }
}

/** The folder of Node's binary and licence. */
function node(arch) {
  const { version, integrity } = readJson('packaging/single-file/node.json');
  if (integrity[arch] === undefined) {
    throw new PackageError(
      `Cannot make executables for or on ${arch}: there are ${ARCHITECTURES.join(', ')}`,
    );
  }
  return unpackedPackage(`node-linux-${arch}`, version, integrity[arch]);
}

/** The path of the native library for a processor. @throws {PackageError} */
export async function koffiLibrary(arch) {
  const name = `@koromix/koffi-linux-${arch}`;
  const { version, integrity } = readJson('package-lock.json').packages[`node_modules/${name}`];
  return join(await unpackedPackage(name, version, integrity), `linux_${arch}`, 'koffi.node');
}

function webFiles() {
  const directory = join(root, 'dist/web');
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  );
  const paths = files.map((file) => join(file.parentPath, file.name));
  return Object.fromEntries(paths.map((path) => [`web/${relative(directory, path)}`, path]));
}

/** As their licences ask, the texts of all that is in the executable. */
async function licences(packages) {
  const texts = licencesOf(packages);
  const folder = await node(process.arch);
  texts.unshift(
    `Node.js ${readJson('packaging/single-file/node.json').version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}`,
  );
  const web = readFileSync(join(root, 'dist/web/3rdpartylicenses.txt'), 'utf8').trim();
  return `${[...texts, `The web interface\n\n${web}`].join(BETWEEN_LICENCES)}\n`;
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}
