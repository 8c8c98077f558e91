// Makes the npm package: bundled anew, so that nothing is in it that an earlier build left, with the page that is
// built. What only developers need stays out of its package.json, and so do the packages that are in the bundle.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundlePrograms } from './bundle-programs.mjs';
import { BETWEEN_LICENCES, licencesOf } from './bundled.mjs';
import { PackageError } from './package-error.mjs';
import { root, run } from './run.mjs';

/** What the package has beside dist/, if package.json's "files" want it. */
const CONTENTS = [
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'docs',
  'engarde.yml.sample',
  'engarde.schema.json',
  'packaging/systemd',
];

/**
 * Makes `rengarde-VERSION.tgz`.
 * @param {string} out folder that takes it
 * @returns {Promise<string>} its path
 * @throws {PackageError}
 */
export async function makeNpmPackage(out) {
  const workshop = mkdtempSync(join(tmpdir(), 'rengarde-npm-'));
  try {
    const dist = join(workshop, 'dist');
    const packages = await bundlePrograms(dist);
    writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), `${licencesOf(packages).join(BETWEEN_LICENCES)}\n`);
    if (!existsSync(join(root, 'dist/web/index.html'))) {
      throw new PackageError('Cannot make the npm package: dist/web has no page; run npm run build');
    }
    cpSync(join(root, 'dist/web'), join(dist, 'web'), { recursive: true });
    for (const name of CONTENTS) {
      if (existsSync(join(root, name))) cpSync(join(root, name), join(workshop, name), { recursive: true });
    }
    const {
      scripts: _,
      devDependencies: __,
      dependencies: { koffi },
      ...manifest
    } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const published = { ...manifest, dependencies: { koffi } };
    writeFileSync(join(workshop, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
    mkdirSync(out, { recursive: true });
    const args = ['pack', '--silent', '--pack-destination', out];
    const { status, output } = await run('npm', args, { directory: workshop });
    if (status !== 0) throw new PackageError(`Cannot pack the npm package: ${output.trim()}`);
    return join(out, output.trim().split('\n').at(-1));
  } finally {
    rmSync(workshop, { recursive: true });
  }
}
