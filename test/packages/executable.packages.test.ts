/** The executables: run away from this project, without Node, under the names they are installed by. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  clientFile,
  executable,
  has,
  make,
  onlyByName,
  out,
  run,
  runBothRoles,
  serverFile,
  version,
} from './packages.ts';

/** e_machine of an ELF header (elf(5)). */
const MACHINES = { x64: 62, arm64: 183 };
const isLinux = process.platform === 'linux' && process.arch in MACHINES;
const directory = mkdtempSync(join(tmpdir(), 'rengarde-executable-'));
/** Nobody's Node is in here. */
const env = { PATH: '/nowhere', NODE_OPTIONS: '--no-such-option' };
const link = (name: string) => join(directory, name);

afterAll(() => rmSync(directory, { recursive: true }));

describe.skipIf(!isLinux)('The executable (needs Linux on x64 or arm64)', () => {
  beforeAll(async () => {
    await make('executables', '--arch', process.arch);
    for (const name of ['rengarde', 'rengarde-client', 'rengarde-server'])
      symlinkSync(executable, link(name));
  });

  test.each([
    [['rengarde', '-v'], 'rengarde'],
    [['rengarde-client', '-v'], 'rengarde-client'],
    [['rengarde-server', '-v'], 'rengarde-server'],
    [['rengarde', 'client', '-v'], 'rengarde-client'],
    [['rengarde', 'server', '-v'], 'rengarde-server'],
  ])('%j is %s', async ([name, ...args], expected) => {
    expect(await run(link(name!), args, { env })).toBe(`${expected} ver. ${version}\n`);
  });

  test('is the relays by its own file name too', async () => {
    expect(await run(executable, ['--help'], { env })).toContain('Usage: rengarde');
    expect(await run(executable, ['client', '--help'], { env })).toContain('Usage: rengarde-client');
  });

  test('carries the demo: a tunnel over loopback, with all its threads', async () => {
    const text = await run(link('rengarde'), ['demo', '--seconds', '3'], { env });
    expect(text).toMatch(/The tunnel lost 0 of [\d,]+ packets/);
  });

  test('serves both roles and their pages, on the fast engine, and leaves no file behind', async () => {
    const files = { client: link('client.yml'), server: link('server.yml') };
    writeFileSync(files.client, clientFile(59_491, 59_492));
    writeFileSync(files.server, serverFile(59_492));
    const commands = { client: [link('rengarde'), 'client'], server: [link('rengarde-server')] };
    const { outputs, statuses, pages } = await runBothRoles(commands, files);
    expect(pages).toEqual(['200 200 br', '200 200 br']);
    expect(statuses).toEqual([0, 0]);
    for (const output of outputs) expect(output).toContain('(linux engine)');
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('.rengarde-'))).toEqual([]);
  });

  test('has the licences of what it carries beside it', () => {
    const text = readFileSync(join(out, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['Node.js 24', 'koffi ', 'hono ', 'zod ', '@angular/core'])
      expect(text).toContain(name);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'finds a folder where its library may be loaded, or says what it wants (needs root)',
    async () => {
      writeFileSync(link('noexec.yml'), clientFile(59_493, 59_494));
      const mount = (folder: string) => `mount -t tmpfs -o noexec none ${folder}`;
      const start = (place: string) =>
        `${place} timeout -s TERM 2 ${link('rengarde')} client ${link('noexec.yml')} || true`;
      const mounts = [
        'mkdir -p /run/rengarde-no',
        mount('/run/rengarde-no'),
        mount('/dev/shm'),
        mount('/run'),
      ];
      const inside = (script: string) => run('unshare', ['--mount', 'sh', '-ec', script]);
      const elsewhere = await inside(`${mount('/dev/shm')}; ${start('TMPDIR=/dev/shm')}`);
      expect(elsewhere).toContain('(linux engine)');
      const nowhere = await inside(`${mounts.join('; ')}; ${start('TMPDIR=/run')}`);
      expect(nowhere).toContain('(portable engine)');
      expect(nowhere).toMatch(
        /Cannot load the library for system calls .*noexec.*\/dev\/shm: .*failed to map/,
      );
    },
  );
});

const isX64 = process.arch === 'x64';
const other = isX64 ? 'arm64' : 'x64';
const emulator = isX64 ? 'qemu-aarch64-static' : 'qemu-x86_64-static';
const library = isX64 ? '/usr/aarch64-linux-gnu' : '/usr/x86_64-linux-gnu';

describe.skipIf(!isLinux || onlyByName)(
  `The executable for ${other} (${onlyByName ?? 'needs Linux'})`,
  async () => {
    const file = join(out, `rengarde-${version}-linux-${other}`);

    beforeAll(async () => {
      await make('executables', '--arch', other);
    });

    test('is for that processor', () => {
      const header = readFileSync(file).subarray(0, 20);
      expect(header.toString('latin1', 1, 4)).toBe('ELF');
      expect(header.readUInt16LE(18)).toBe(MACHINES[other]);
    });

    const canRun = (await has(emulator)) && existsSync(join(library, 'lib/libstdc++.so.6'));
    test.skipIf(!canRun)(`runs (needs ${emulator} and its libraries)`, async () => {
      const emulated = (...args: string[]) => run(emulator, ['-L', library, file, ...args]);
      expect(await emulated('-v')).toBe(`rengarde ver. ${version}\n`);
      expect(await emulated('client', '--help')).toContain('Usage: rengarde-client');
      // Loads the native library: interfaces come from netlink.
      expect(await emulated('client', 'list-interfaces')).toContain('lo');
    });
  },
);
