// Makes a fresh clone ready to run: installs the npm packages, compiles src/ to dist/, bundles the programs there and
// builds the page in dist/web/, each only when it is out of date. Says nothing when there is nothing to do. Running things is left to the caller.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { isMain, root, run, runNode, secondsSince } from './run.mjs';

/** What npm prints when the registry cannot be reached, and not when it answers with a refusal. */
const OFFLINE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)\b/;

/** Touched after each successful build with the time at which that build began. */
const BUILD_STAMP = 'dist/.built';
const BUNDLE_STAMP = 'dist/.built-programs';
const WEB_STAMP = 'dist/.built-web';

/** Something the user has to mend; its message is all they need to see. */
export class SetupError extends Error {}

/** Installs what is missing and builds what is stale. @throws {SetupError} */
export async function setUp() {
  checkNode();
  await install();
  await build();
}

/** @throws {SetupError} when this Node is older than package.json asks for */
export function checkNode(version = process.versions.node) {
  const wanted = readJson('package.json').engines.node.replace('>=', '');
  const [major, minor] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(
    `Cannot use Node ${version}: rengarde needs Node ${wanted} or newer (https://nodejs.org)`,
  );
}

/** Installs the packages of package-lock.json unless they are all there. @throws {SetupError} */
export async function install() {
  if (existsSync(join(root, 'node_modules/.package-lock.json'))) {
    const installed = readJson('node_modules/.package-lock.json');
    if (isInstalled(readJson('package-lock.json'), installed)) return;
  }
  // Not `npm ci`: it refuses a lockfile without entries for other platforms' builds of the tools, and such
  // entries are lost as soon as one registry lacks one of them. This installs the same locked versions.
  // The development packages are needed too, whatever NODE_ENV says.
  const args = ['install', '--no-save', '--include=dev', '--no-progress', '--loglevel=error'];
  const done = progress('Installing npm packages');
  // Without a network npm retries each package for minutes; its cache may still have them all.
  const ping = await npm(['ping', '--fetch-retries=0', '--fetch-timeout=10000', '--loglevel=error']);
  const isOffline = ping.status !== 0 && OFFLINE.test(ping.output);
  const result = await npm([...args, isOffline ? '--offline' : '--prefer-offline']);
  done(result.status === 0);
  if (result.status === 0) return;
  const advice =
    isOffline || OFFLINE.test(result.output)
      ? 'the package registry cannot be reached; connect to the network (or set npm\'s "registry" or "proxy") and run this again'
      : `npm install exited with status ${result.status}; mend what it names above and run this again`;
  throw new SetupError(`${result.output.trimEnd()}\n\nCannot install the npm packages: ${advice}`);
}

/** Runs the npm that started this script, else the one on the PATH. */
function npm(args) {
  const script = process.env.npm_execpath ?? '';
  return script.endsWith('npm-cli.js') ? runNode(script, args) : run('npm', args);
}

/**
 * Whether everything a lockfile asks for is installed, by npm's own record in node_modules. Optional
 * packages may be absent: they are builds for other platforms.
 */
export function isInstalled(lockfile, installed) {
  return Object.entries(lockfile.packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true;
    const found = installed.packages[path];
    return found === undefined ? wanted.optional === true : found.version === wanted.version;
  });
}

/** Compiles src/, bundles the programs and builds the page, each unless it is newer than its sources. @throws {SetupError} */
export async function build() {
  const sources = ['src', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  await buildUnlessFresh(BUILD_STAMP, sources, {
    what: 'Building',
    script: 'node_modules/typescript/bin/tsc',
    args: ['-p', 'tsconfig.build.json', '--pretty'],
  });
  const bundlers = ['scripts/bundle-programs.mjs', 'scripts/bundled.mjs'];
  await buildUnlessFresh(BUNDLE_STAMP, [...sources, ...bundlers], {
    what: 'Bundling the programs',
    script: 'scripts/bundle-programs.mjs',
    args: [],
  });
  await buildUnlessFresh(WEB_STAMP, ['web', 'src/contract', 'package-lock.json', 'scripts/build-web.mjs'], {
    what: 'Building the page',
    script: 'scripts/build-web.mjs',
    args: [],
  });
}

/** @throws {SetupError} with the compiler's messages */
async function buildUnlessFresh(stamp, sources, { what, script, args }) {
  if (modifiedMs(stamp) >= Math.max(...sources.map(modifiedMs))) return;
  const startedAt = new Date();
  const done = progress(what);
  const result = await runNode(script, args);
  done(result.status === 0);
  if (result.status !== 0)
    throw new SetupError(`${result.output.trimEnd()}\n\nCannot build: see the errors above`);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, stamp), '');
  // A file saved while the compiler ran is newer than this, so the next run builds again.
  utimesSync(join(root, stamp), startedAt, startedAt);
}

/** When a file, or anything in a directory, was last changed; 0 when it does not exist. */
function modifiedMs(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(join(root, path)).map((name) => modifiedMs(join(path, name))));
}

function progress(what) {
  const startMs = performance.now();
  process.stdout.write(`${what} ... `);
  return (isDone) => process.stdout.write(`${isDone ? 'done' : 'failed'} in ${secondsSince(startMs)}\n`);
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

if (isMain(import.meta.url)) {
  try {
    await setUp();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
