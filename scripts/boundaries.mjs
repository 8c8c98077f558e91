// Enforces who may import whom: the table below is the law, ARCHITECTURE.md tells its story.
// Tests, test/ and bench/ may import anything. Imports are found by TypeScript's own scanner, so
// `import type`, `export from`, `import()` and `require()` count, and comments and strings don't.

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { isMain, root } from './run.mjs';

/** Each room of src/ with the rooms it may import. */
export const mayImport = {
  contract: [],
  net: [],
  wireguard: [],
  relay: ['net', 'wireguard'],
  linux: ['net'],
  quality: ['contract', 'net', 'relay'],
  config: ['net'],
  interfaces: ['linux', 'config', 'net'],
  loop: ['linux', 'net', 'relay', 'wireguard'],
  history: ['contract'],
  metrics: ['contract'],
  manager: ['contract', 'history', 'metrics'],
  telemetry: ['contract'],
  terminal: [],
  demo: ['wireguard', 'config', 'net', 'terminal'],
  asking: ['config', 'contract', 'terminal'],
  status: ['asking', 'config', 'contract', 'terminal'],
  init: ['config', 'interfaces', 'net', 'wireguard'],
  doctor: ['asking', 'config', 'contract', 'interfaces', 'linux', 'net', 'wireguard'],
  daemon: [
    'config',
    'contract',
    'history',
    'interfaces',
    'linux',
    'loop',
    'manager',
    'metrics',
    'net',
    'quality',
    'relay',
    'telemetry',
  ],
  cli: [
    'daemon',
    'config',
    'contract',
    'interfaces',
    'demo',
    'telemetry',
    'terminal',
    'doctor',
    'init',
    'status',
  ],
  bin: ['cli', 'loop'],
};

/** Packages that one room keeps to itself, so that everything else works without them. */
export const soleImporter = { koffi: 'linux', yaml: 'config' };

/** A worker is started by URL, not imported; the daemon may so start the entry of another room. */
const WORKER_URL = /new URL\(\s*['"]([^'"]+-thread\.[jt]s)['"]/g;

/**
 * @param {string} path of a source file from the project's root: `src/relay/fan-out.ts`
 * @param {string} source its text
 * @returns {string[]} one line for each import that breaks the law
 */
export function violationsIn(path, source) {
  const room = roomOf(path);
  if (mayImport[room] === undefined)
    return [`${path}: room "${room}" is not in the table of scripts/boundaries.mjs`];

  const at = (offset) => `${path}:${source.slice(0, offset).split('\n').length}`;
  const imports = ts.preProcessFile(source, true, true).importedFiles.flatMap(({ fileName, pos }) => {
    const fault = faultOfImport(path, room, fileName);
    return fault === null ? [] : [`${at(pos)}: ${fault}`];
  });
  const workers = [...source.matchAll(WORKER_URL)].flatMap((match) => {
    const target = roomOf(posix.join(posix.dirname(path), match[1]));
    if (target === room || (room === 'daemon' && mayImport.daemon.includes(target))) return [];
    return [`${at(match.index)}: ${room} must not start a worker of ${target}; only daemon may`];
  });
  return [...imports, ...workers];
}

function faultOfImport(path, room, specifier) {
  if (!specifier.startsWith('.')) {
    const owner = soleImporter[specifier.split('/')[0]];
    if (owner === undefined || owner === room) return null;
    return `${room} must not import ${specifier}; only ${owner} may`;
  }
  const file = posix.join(posix.dirname(path), specifier);
  const target = roomOf(file);
  if (target === room) return null;
  if (!mayImport[room].includes(target)) {
    return `${room} must not import ${target ?? file}; it may import: ${mayImport[room].join(', ') || 'nothing of ours'}`;
  }
  if (posix.basename(file) !== 'index.ts')
    return `outside ${target}, import src/${target}/index.ts instead of ${file}`;
  return null;
}

/** The room of a path, or undefined for one that is in no room of src/. */
function roomOf(path) {
  const [top, room, file] = path.split('/');
  return top === 'src' && file !== undefined ? room : undefined;
}

if (isMain(import.meta.url)) {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => posix.join(entry.parentPath.slice(root.length + 1).replaceAll('\\', '/'), entry.name));
  const violations = files.flatMap((path) => violationsIn(path, readFileSync(join(root, path), 'utf8')));
  for (const violation of violations) console.log(violation);
  console.log(`${files.length} files, ${violations.length} imports across a boundary`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
