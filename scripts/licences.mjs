// Checks that everything rengarde is made with may be used so, and that docs/dependencies.md says what it is: reads
// the lock file alone. What is shipped has stricter rules than what only developers use.
// Usage: node scripts/licences.mjs [--write]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMain, root } from './run.mjs';

/** Licences (SPDX names) whose code may be shipped as part of a program under GPL-2.0-or-later. */
const SHIPPED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];
/** Of tools, besides: nothing of them is passed on. */
const TOOLS = ['CC-BY-3.0', 'CC-BY-4.0', 'CC0-1.0', 'MIT OR Apache-2.0', 'MPL-2.0'];
/** Development dependencies that the page is bundled from (web/src imports them), and so are shipped too. */
const PAGE = ['@angular/common', '@angular/core', '@angular/platform-browser', '@angular/router', 'uplot'];

const PAGE_FILE = 'docs/dependencies.md';
const BEGIN = '<!-- written by scripts/licences.mjs --write -->';
const END = '<!-- end -->';

/**
 * @typedef {{ version: string, license?: string, dev?: boolean, dependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string> }} Locked
 * @typedef {{ name: string, version: string, license: string, isShipped: boolean }} Used
 */

/**
 * Every package of the lock file, once per version.
 * @param {{ packages: Record<string, Locked> }} lock
 * @returns {Used[]} by name
 */
export function usedPackages({ packages }) {
  const page = closureOf(packages, PAGE);
  const used = new Map();
  for (const [path, { version, license = 'none', dev = false }] of Object.entries(packages)) {
    if (path === '') continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const key = `${name} ${version}`;
    const isShipped = !dev || page.has(path) || used.get(key)?.isShipped === true;
    used.set(key, { name, version, license, isShipped });
  }
  return [...used.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Places in the lock of these packages and all they need, as Node finds them: next to whoever needs them, or above. */
function closureOf(packages, names) {
  const found = new Set();
  const waiting = names.map((name) => ({ name, from: '' }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const path = placeOf(packages, next);
    if (path === undefined || found.has(path)) continue;
    found.add(path);
    const { dependencies = {}, peerDependencies = {} } = packages[path];
    const needed = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    waiting.push(...needed.map((name) => ({ name, from: path })));
  }
  return found;
}

function placeOf(packages, { name, from }) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return undefined;
  }
}

/**
 * @param {Used[]} used
 * @returns {string[]} a line for each package whose licence is not allowed where it is used
 */
export function forbidden(used) {
  const allowed = (isShipped) => (isShipped ? SHIPPED : [...SHIPPED, ...TOOLS]);
  return used
    .filter(({ license, isShipped }) => !allowed(isShipped).includes(license))
    .map(
      ({ name, version, license, isShipped }) =>
        `Cannot ${isShipped ? 'ship' : 'use'} ${name} ${version}: its licence is ${license}, wanted: ${allowed(isShipped).join(', ')}`,
    );
}

/**
 * @param {Used[]} used
 * @returns {string} the table of what is shipped, and a line about the rest
 */
export function describe(used) {
  const rows = used.filter(({ isShipped }) => isShipped);
  const widths = [
    Math.max(...rows.map(({ name }) => name.length)),
    Math.max(...rows.map(({ license }) => license.length), 'licence'.length),
  ];
  const row = (name, license) => `| ${name.padEnd(widths[0])} | ${license.padEnd(widths[1])} |`;
  const names = new Map(rows.map(({ name, license }) => [`${name} ${license}`, row(name, license)]));
  const lines = [row('package', 'licence'), `| ${'-'.repeat(widths[0])} | ${'-'.repeat(widths[1])} |`];
  const tools = new Set(used.filter(({ isShipped }) => !isShipped).map(({ license }) => license));
  return `${[...lines, ...names.values()].join('\n')}\n\nTools that only developers use: ${[...tools].sort().join(', ')}.\n`;
}

function main(isToWrite) {
  const used = usedPackages(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const faults = forbidden(used);
  const file = join(root, PAGE_FILE);
  const text = readFileSync(file, 'utf8');
  const wanted = `${text.slice(0, text.indexOf(BEGIN))}${BEGIN}\n\n${describe(used)}\n${text.slice(text.indexOf(END))}`;
  if (isToWrite) writeFileSync(file, wanted);
  else if (text !== wanted) {
    faults.push(`${PAGE_FILE} does not list what is shipped: run node scripts/licences.mjs --write`);
  }
  for (const fault of faults) console.log(fault);
  const shipped = used.filter(({ isShipped }) => isShipped).length;
  console.log(`${used.length} packages, ${shipped} of them shipped, ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}

if (isMain(import.meta.url)) process.exitCode = main(process.argv.includes('--write'));
