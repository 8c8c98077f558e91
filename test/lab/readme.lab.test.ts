/**
 * Every command of README.md, as it stands there. What a reader has besides is stood in for: the programs in the PATH
 * under their names, and the two files of scenario 1, taken from the page too.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { programFile } from './lab.ts';

const readme = readFileSync('README.md', 'utf8');
const commands = blocks('sh').flatMap((block) =>
  block
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, ''))
    .filter((line) => line !== ''),
);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rengarde-readme-'));
  const bin = dirname(programFile('client'));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['rengarde', 'rengarde-client', 'rengarde-server']) {
    const script = join(folder, 'bin', name);
    writeFileSync(script, `#!/bin/sh\nexec ${process.execPath} ${resolve(bin, name)}.js "$@"\n`);
    chmodSync(script, 0o755);
  }
  // The first block of either kind is scenario 1's; both programs may read one file.
  const files = blocks('yaml');
  const client = files.find((text) => text.startsWith('client:'));
  const server = files.find((text) => text.startsWith('server:'));
  writeFileSync(join(folder, 'engarde.yml'), `${client}${server}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text]) => text!,
  );
}

/** Runs a command line to its end, which must be a good one. */
function run(command: string, cwd: string): string {
  const environment = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, XDG_STATE_HOME: folder };
  return execFileSync('/bin/sh', ['-c', command], { cwd, env: environment, encoding: 'utf8' });
}

/** Runs a program until it says the words, then ends it by SIGTERM. */
async function runUntil(command: string, words: string): Promise<number | null> {
  const line = `exec ${command.replace('dist/bin', resolve(dirname(programFile('client'))))}`;
  const child = spawn('/bin/sh', ['-c', line], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    const isNew = !output.includes(words);
    output += String(chunk);
    if (isNew && output.includes(words)) child.kill('SIGTERM');
  });
  const status = await new Promise<number | null>((done) => child.once('close', done));
  expect(output).toContain(words);
  return status;
}

test('there is a test for each command', () => {
  expect(commands).toEqual([
    'npm start',
    'npm test',
    'npm run build',
    'node dist/bin/rengarde-client.js engarde.yml',
    'node dist/bin/rengarde-server.js engarde.yml',
    'rengarde init --server 203.0.113.10 --with-wireguard --out tunnel --yes',
  ]);
});

test('npm start', () => {
  expect(run(commands[0]!, process.cwd())).toMatch(/The tunnel lost 0 of [\d,]+ packets/);
});

test('npm test is what runs this, and says so', () => {
  expect(run('npm pkg get scripts.test', process.cwd())).toContain('scripts/test.mjs');
});

test('npm run build', () => {
  run(commands[2]!, process.cwd());
  for (const file of ['dist/bin/rengarde-client.js', 'dist/web/index.html'])
    expect(existsSync(file)).toBe(true);
});

test('the two programs, with the files of scenario 1', async () => {
  expect(await runUntil(commands[3]!, "carrying WireGuard's packets")).toBe(0);
  expect(await runUntil(commands[4]!, 'serving 0.0.0.0:59402')).toBe(0);
});

test('rengarde init', () => {
  run(commands[5]!, folder);
  for (const side of ['client', 'server']) {
    expect(run(`rengarde check tunnel/${side}/engarde.yml`, folder)).not.toContain('error');
    expect(existsSync(join(folder, 'tunnel', side, 'wg0.conf'))).toBe(true);
  }
});
