/** The npm package: what is in it, and that it runs where nothing of this project is. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientFile, make, out, run, runBothRoles, serverFile, version } from './packages.ts';

const prefix = mkdtempSync(join(tmpdir(), 'rengarde-prefix-'));
const bin = (name: string) => join(prefix, 'node_modules/.bin', name);
let contents: string[];

beforeAll(async () => {
  await make('npm');
  const tarball = join(out, `rengarde-${version}.tgz`);
  contents = (await run('tar', ['-tzf', tarball])).trim().split('\n');
  writeFileSync(join(prefix, 'package.json'), '{}');
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', '--prefix', prefix, ...options, tarball], { cwd: prefix });
});
afterAll(() => rmSync(prefix, { recursive: true }));

describe('The npm package', () => {
  test('has the programs, the page in three forms, the documentation and the schema', () => {
    expect(contents).toEqual(
      expect.arrayContaining([
        'package/dist/bin/rengarde.js',
        'package/dist/web/index.html',
        expect.stringMatching(/dist\/web\/main-[A-Z0-9]{8}\.js$/),
        expect.stringMatching(/dist\/web\/main-[A-Z0-9]{8}\.js\.br$/),
        expect.stringMatching(/dist\/web\/main-[A-Z0-9]{8}\.js\.gz$/),
        'package/docs/configuration.md',
        'package/engarde.yml.sample',
        'package/engarde.schema.json',
        'package/packaging/systemd/rengarde-client@.service',
        'package/CHANGELOG.md',
        'package/LICENSE',
        'package/README.md',
      ]),
    );
  });

  test('has neither tests nor maps nor what only developers need', () => {
    expect(contents.filter((name) => /\.test\.|\.map$|tsbuildinfo|\/\.built|\/src\//.test(name))).toEqual([]);
    const manifest = JSON.parse(readFileSync(join(prefix, 'node_modules/rengarde/package.json'), 'utf8'));
    expect(manifest.devDependencies).toBeUndefined();
  });

  test.each(['rengarde', 'rengarde-client', 'rengarde-server'])('runs %s', async (name) => {
    expect(await run(bin(name), ['-v'], { cwd: prefix })).toBe(`${name} ver. ${version}\n`);
    expect(await run(bin(name), ['--help'], { cwd: prefix })).toContain(`Usage: ${name}`);
  });

  test('carries the demo', async () => {
    const text = await run(bin('rengarde'), ['demo', '--seconds', '3'], { cwd: prefix });
    expect(text).toMatch(/The tunnel lost 0 of [\d,]+ packets/);
  });

  test('serves both roles and their pages', async () => {
    const directory = join(prefix, 'run');
    mkdirSync(directory);
    const files = { client: join(directory, 'client.yml'), server: join(directory, 'server.yml') };
    writeFileSync(files.client, clientFile(59_481, 59_482));
    writeFileSync(files.server, serverFile(59_482));
    const commands = { client: [bin('rengarde-client')], server: [bin('rengarde-server')] };
    const { statuses, pages } = await runBothRoles(commands, files);
    expect(pages).toEqual(['200 200 br', '200 200 br']);
    expect(statuses).toEqual([0, 0]);
  });
});
