import { readFileSync } from 'node:fs';
import { expect, describe as group, test } from 'vitest';
import { describe, forbidden, usedPackages } from './licences.mjs';

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

/** A lock file of these packages, by their place below node_modules. */
function lockOf(packages) {
  const placed = Object.entries(packages).map(([path, one]) => [
    `node_modules/${path}`,
    { version: '1.0.0', ...one },
  ]);
  return { packages: { '': {}, ...Object.fromEntries(placed) } };
}

group('forbidden()', () => {
  test.each([
    [
      'shipped',
      { license: 'AGPL-3.0-only' },
      /^Cannot ship it 1\.0\.0: its licence is AGPL-3\.0-only, wanted: /,
    ],
    [
      'shipped, though a tool may have it',
      { license: 'MPL-2.0' },
      /^Cannot ship it 1\.0\.0: its licence is MPL-2\.0/,
    ],
    ['a tool', { license: 'SSPL-1.0', dev: true }, /^Cannot use it 1\.0\.0: its licence is SSPL-1\.0/],
    ['without a licence', {}, /its licence is none/],
  ])('names what is %s and may not be', (_, one, message) => {
    expect(forbidden(usedPackages(lockOf({ it: one })))).toEqual([expect.stringMatching(message)]);
  });

  test('lets pass what may be', () => {
    const packages = { it: { license: 'MIT' }, tool: { license: 'MPL-2.0', dev: true } };
    expect(forbidden(usedPackages(lockOf(packages)))).toEqual([]);
  });

  test('takes what the page is bundled from for shipped, and all it needs, though it is for development', () => {
    const packages = {
      '@angular/core': { license: 'MIT', dev: true, dependencies: { inner: '^1' } },
      '@angular/core/node_modules/inner': { license: 'MPL-2.0', dev: true },
      inner: { license: 'MPL-2.0', dev: true, version: '2.0.0' },
    };
    expect(forbidden(usedPackages(lockOf(packages)))).toEqual([
      expect.stringMatching(/^Cannot ship inner 1\.0\.0/),
    ]);
  });
});

group('describe()', () => {
  test('lists what is shipped, and of the rest the licences alone', () => {
    const packages = { it: { license: 'MIT' }, tool: { license: 'MPL-2.0', dev: true } };
    const text = describe(usedPackages(lockOf(packages)));
    expect(text).toMatch(/^\| it +\| MIT +\|$/m);
    expect(text).not.toMatch(/\| tool/);
    expect(text).toContain('only developers use: MPL-2.0.');
  });
});

group('package-lock.json', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

  test.each(['dependencies', 'devDependencies'])(
    'has the %s that package.json asks for, each resolved',
    (kind) => {
      expect(lock.packages[''][kind]).toEqual(manifest[kind]);
      for (const name of Object.keys(manifest[kind]))
        expect(lock.packages).toHaveProperty([`node_modules/${name}`]);
    },
  );

  test('pins every package by its checksum, none by an address', () => {
    expect(packages.length).toBeGreaterThan(100);
    for (const [path, { integrity, resolved }] of packages) {
      expect(integrity, path).toMatch(/^sha512-/);
      expect(resolved, path).toBeUndefined();
    }
  });

  test('ships one package that has an install script, which it does not need', () => {
    const withScripts = packages.filter(([, { dev, hasInstallScript }]) => !dev && hasInstallScript);
    expect(withScripts.map(([path]) => path)).toEqual(['node_modules/koffi']);
  });
});
