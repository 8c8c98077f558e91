/*
 * Kill -9 in the middle of keeping an exclusion, 200 times: the file is the old text or the new one, never
 * anything else, and what is left behind does not disturb the next one. A child keeps alternating two changes
 * and says when each begins and ends; it is killed at a random moment of one. Runs on plain JavaScript, because
 * translating it in every child would take most of the time.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepExclusions } from './edit.ts';

const KILLS = 200;
const LANES = 2; // children at a time, each with a file of its own
const MAX_KEEPS = 3; // before a child is killed
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INCLUDED = `client:
  listenAddr: 127.0.0.1:59401 # WireGuard's endpoint
  dstAddr: server.example.com:59402
  excludedInterfaces:
    - wlan0
${'  # what else there is to say\n'.repeat(100)}`;
const EXCLUDED = INCLUDED.replace('    - wlan0\n', '    - wlan0\n    - eth0\n');
/** "e" or "i" when it begins to exclude or include, "." when that is done. */
const CHILD = `
import { readFileSync, writeSync } from 'node:fs';
import { keepExclusions } from './edit.js';
const file = process.argv[2];
let to = readFileSync(file, 'utf8').includes('- eth0') ? 'include' : 'exclude';
for (;;) {
  writeSync(1, to[0]);
  await keepExclusions(file, new Map([['eth0', to]]));
  writeSync(1, '.');
  to = to === 'include' ? 'exclude' : 'include';
}`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rengarde-kill-'));
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
  for (const name of await readdir(join(ROOT, 'src/config'))) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const source = await readFile(join(ROOT, 'src/config', name), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    await writeFile(join(directory, name.replace(/\.ts$/, '.js')), outputText);
  }
  await writeFile(join(directory, 'child.js'), CHILD);
});
afterAll(() => rm(directory, { recursive: true }));

/** How long a keep took lately, and the writing in it. Those that are killed say nothing of it. */
const usualMs = { keep: 5, write: 5 };

/** Starts a child and kills it in one of its keeps; returns what it said until then. */
async function killOne(file: string): Promise<string> {
  const child = spawn(process.execPath, [join(directory, 'child.js'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const nth = 1 + Math.floor(Math.random() * (MAX_KEEPS - 1));
  const phase = Math.random() < 0.3 ? 'keep' : 'write'; // most of a keep is thought, the risk is in writing
  const began = { keep: 0, write: 0 };
  let keeps = 0;
  let isDoomed = false;
  let said = '';
  const begin = (what: typeof phase) => {
    began[what] = performance.now();
    if (isDoomed || keeps < nth || what !== phase) return;
    isDoomed = true;
    const killAt = began[what] + Math.random() * usualMs[what] * 1.2;
    setTimeout(
      () => {
        while (performance.now() < killAt);
        child.kill('SIGKILL');
      },
      Math.max(0, killAt - performance.now() - 2), // a timer is right to a millisecond only, the rest is waited for
    );
  };
  const files = watch(dirname(file), (_event, name) => {
    if (name?.endsWith('.old') && began.write < began.keep) begin('write');
  });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    for (const letter of chunk) {
      said += letter;
      if (letter !== '.') {
        begin('keep');
        continue;
      }
      if (!isDoomed && began.write > began.keep) {
        usualMs.keep += (performance.now() - began.keep - usualMs.keep) / 4;
        usualMs.write += (performance.now() - began.write - usualMs.write) / 4;
      }
      keeps++;
    }
  });
  const [, signal] = await once(child, 'close');
  files.close();
  if (signal !== 'SIGKILL') throw new Error(`The child ended by itself after ${JSON.stringify(said)}`);
  return said;
}

it(`keepExclusions() leaves the old or the new file when killed, ${KILLS} times`, {
  timeout: 120_000,
}, async () => {
  const count = { 'before the rename': 0, 'after it': 0, 'between two': 0, 'with leftovers': 0 };
  let left = KILLS;
  const lane = async (number: number) => {
    const place = join(directory, `lane${number}`);
    const file = join(place, 'engarde.yml');
    await mkdir(place);
    await writeFile(file, INCLUDED);
    while (left-- > 0) {
      const said = await killOne(file);
      const text = await readFile(file, 'utf8');
      expect([INCLUDED, EXCLUDED]).toContain(text);
      const isNew = text === (said.endsWith('e') ? EXCLUDED : INCLUDED);
      count[said.endsWith('.') ? 'between two' : isNew ? 'after it' : 'before the rename']++;
      if ((await readdir(place)).length > 1) count['with leftovers']++;
    }
    const isExcluded = (await readFile(file, 'utf8')) === EXCLUDED;
    await keepExclusions(file, new Map([['eth0', isExcluded ? 'include' : 'exclude']]));
    expect(await readFile(file, 'utf8')).toBe(isExcluded ? INCLUDED : EXCLUDED);
    expect(await readdir(place)).toEqual(['engarde.yml']);
  };
  const lanes = Array.from({ length: LANES }, (_, number) =>
    lane(number).catch((error: unknown) => {
      left = 0; // the other lanes end too, before their files are removed
      return error;
    }),
  );
  const faults = (await Promise.all(lanes)).filter((fault) => fault !== undefined);
  if (faults.length > 0) throw faults[0];
  process.stdout.write(
    `killed: ${Object.entries(count)
      .map(([what, times]) => `${times} ${what}`)
      .join(', ')}\n`,
  );
  expect(count['before the rename']).toBeGreaterThan(KILLS / 10);
  expect(count['after it']).toBeGreaterThan(KILLS / 50);
  expect(count['with leftovers']).toBeGreaterThan(KILLS / 10);
});
