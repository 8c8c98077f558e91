// What a bundle is made of: its entries among the sources, and the packages whose code ends up in it, or does not.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './run.mjs';

/** Sources that are a worker's script, from the project's root. */
export function threadEntries() {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('-thread.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/**
 * @param {import('esbuild').Metafile} metafile of the bundle
 * @returns {string[]} folders of the packages that it has something of, from the project's root
 */
export function packagesIn(metafile) {
  const folders = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    if (!input.includes('node_modules/')) continue;
    let folder = dirname(input);
    // Some packages have further package.json files inside, without a name.
    while (!isPackage(folder)) folder = dirname(folder);
    folders.add(folder);
  }
  return [...folders].sort();
}

/**
 * zod has its messages in some fifty languages, all of them reachable from its index, and speaks English unless it is
 * told otherwise. Nobody tells it: the others are left out, half of its code.
 */
export const speakingEnglish = {
  name: 'speaking English',
  setup(building) {
    building.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/** As their licences ask, the texts of packages' licences, each below its name. */
export function licencesOf(folders) {
  return folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? `License: ${license}` : readFileSync(join(root, folder, file), 'utf8');
    return `${name} ${version}\n\n${text.trim()}`;
  });
}

/** Between the texts of one file of licences. */
export const BETWEEN_LICENCES = `\n\n${'-'.repeat(80)}\n\n`;

function isPackage(folder) {
  const manifest = join(root, folder, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version !== undefined;
}
