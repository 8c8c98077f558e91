// Fetches npm packages that are carried rather than installed: Node itself, and the native library of koffi for each
// processor. Kept in .cache/packages/downloads/ and held to a known checksum each time they are used.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PackageError } from './package-error.mjs';
import { root, run } from './run.mjs';

const DOWNLOADS = join(root, '.cache/packages/downloads');

/**
 * A folder with the unpacked files of a package.
 * @param {string} name
 * @param {string} version
 * @param {string} integrity `sha512-` and its base64, as package-lock.json has it
 * @throws {PackageError} when it can't be had, or is another than expected
 */
export async function unpackedPackage(name, version, integrity) {
  const file = join(DOWNLOADS, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  const folder = file.replace(/\.tgz$/, '');
  mkdirSync(DOWNLOADS, { recursive: true });
  if (!existsSync(file)) await download(`${name}@${version}`);
  const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
  if (found !== integrity) {
    rmSync(file);
    throw new PackageError(`Cannot use ${name} ${version}: its checksum is ${found}, want ${integrity}`);
  }
  if (existsSync(folder)) return folder;
  const fresh = mkdtempSync(`${folder}.`); // renamed when complete: a stopped run leaves no half of it
  const { status, output } = await run('tar', ['-xzf', file, '-C', fresh, '--strip-components=1']);
  if (status !== 0) throw new PackageError(`Cannot unpack ${file}: ${output.trim()}`);
  renameSync(fresh, folder);
  return folder;
}

async function download(specifier) {
  const { status, output } = await run('npm', [
    'pack',
    '--silent',
    '--pack-destination',
    DOWNLOADS,
    specifier,
  ]);
  if (status === 0) return;
  throw new PackageError(
    `Cannot fetch ${specifier} (npm pack exited with status ${status}): ${output.trim()}; connect to the package registry`,
  );
}
