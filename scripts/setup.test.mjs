import { describe, expect, it } from 'vitest';
import { checkNode, isInstalled } from './setup.mjs';

describe('checkNode()', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0'])('accepts Node %s', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });

  it.each(['18.20.4', '20.9.0'])('names the wanted version to Node %s', (version) => {
    expect(() => checkNode(version)).toThrow(
      `Cannot use Node ${version}: rengarde needs Node 20.19 or newer`,
    );
  });
});

describe('isInstalled()', () => {
  const lockfile = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b-darwin': { version: '2.0.0', optional: true },
    },
  };
  const withPackages = (packages) => ({ packages });

  it.each([
    ['everything is there', { 'node_modules/a': { version: '1.0.0' } }, true],
    ['a package is missing', {}, false],
    ['a package is older', { 'node_modules/a': { version: '0.9.0' } }, false],
    [
      'a package is extra',
      { 'node_modules/a': { version: '1.0.0' }, 'node_modules/c': { version: '1.0.0' } },
      true,
    ],
    [
      'an optional package is older',
      { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-darwin': { version: '1.0.0' } },
      false,
    ],
  ])('when %s', (_name, packages, expected) => {
    expect(isInstalled(lockfile, withPackages(packages))).toBe(expected);
  });
});
