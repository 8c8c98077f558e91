import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keepExclusions } from './edit.ts';
import { EditError } from './edit-error.ts';
import { replaceFile } from './replace-file.ts';

const BEFORE = 'client:\n  listenAddr: :59401\n  dstAddr: a.de:59402\n  excludedInterfaces: [wlan0]\n';
const AFTER = BEFORE.replace('[wlan0]', '[wlan0, eth0]');
const EXCLUDE = new Map([['eth0', 'exclude']] as const);
const NOBODY = 65_534;
const NO_PID = 2 ** 22 + 1; // one more than Linux can give

let root: string;
let directory: string;
let file: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rengarde-edit-'));
  await chmod(root, 0o755);
});
beforeEach(async () => {
  directory = await mkdtemp(join(root, 'a-'));
  await chmod(directory, 0o755);
  file = join(directory, 'engarde.yml');
  await writeFile(file, BEFORE);
});
afterAll(() => rm(root, { recursive: true }));

const files = async () => (await readdir(directory)).sort();

describe('keepExclusions()', () => {
  it('writes the change and leaves nothing else behind', async () => {
    await keepExclusions(file, EXCLUDE);
    expect(await readFile(file, 'utf8')).toBe(AFTER);
    expect(await files()).toEqual(['engarde.yml']);
  });

  it('does not touch a file that says so already', async () => {
    const { ino } = await stat(file);
    await keepExclusions(file, new Map([['wlan0', 'exclude']]));
    await keepExclusions(file, new Map());
    expect((await stat(file)).ino).toBe(ino);
  });

  it('keeps the mode and the owner', async () => {
    await chmod(file, 0o640);
    const before = await stat(file);
    await keepExclusions(file, EXCLUDE);
    const after = await stat(file);
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid]);
    expect(after.ino).not.toBe(before.ino);
  });

  it('writes through symbolic links, into the directory of the real file', async () => {
    const links = join(directory, 'links');
    await mkdir(links);
    await symlink('../engarde.yml', join(links, 'one.yml'));
    await symlink('one.yml', join(links, 'two.yml'));
    await keepExclusions(join(links, 'two.yml'), EXCLUDE);
    expect(await readFile(file, 'utf8')).toBe(AFTER);
    expect((await lstat(join(links, 'one.yml'))).isSymbolicLink()).toBe(true);
    expect(await readdir(links)).toEqual(['one.yml', 'two.yml']);
  });

  it('keeps a byte order mark', async () => {
    await writeFile(file, `\ufeff${BEFORE}`);
    await keepExclusions(file, EXCLUDE);
    expect(await readFile(file, 'utf8')).toBe(`\ufeff${AFTER}`);
  });

  it('takes changes that come at the same time one after the other', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `ppp${index}`);
    await Promise.all(names.map((name) => keepExclusions(file, new Map([[name, 'exclude']]))));
    expect(await readFile(file, 'utf8')).toBe(
      BEFORE.replace('[wlan0]', `[${['wlan0', ...names].join(', ')}]`),
    );
  });

  it('goes on after a change that could not be kept', async () => {
    const refused = keepExclusions(join(directory, 'none.yml'), EXCLUDE);
    await Promise.all([expect(refused).rejects.toThrow(EditError), keepExclusions(file, EXCLUDE)]);
    expect(await readFile(file, 'utf8')).toBe(AFTER);
  });

  it('removes what killed programs left, and nothing that others put there', async () => {
    const mine = [`engarde.yml.${process.pid}.new`, `engarde.yml.${NO_PID}.old`, `engarde.yml.${NO_PID}.new`];
    const others = [
      'engarde.yml.old',
      'engarde.yml.bak',
      `other.yml.${NO_PID}.old`,
      `engarde.yml.${process.ppid}.new`,
    ];
    for (const name of [...mine, ...others]) await writeFile(join(directory, name), 'half a fi');
    await keepExclusions(file, EXCLUDE);
    expect(await readFile(file, 'utf8')).toBe(AFTER);
    expect(await files()).toEqual([...others, 'engarde.yml'].sort());
  });

  it('leaves a file with errors alone', async () => {
    await writeFile(file, `${BEFORE}  maxDatagramSize: 1\n`);
    await expect(keepExclusions(file, EXCLUDE)).rejects.toMatchObject({
      code: 'invalid-file',
      message: expect.stringMatching(
        /^Cannot keep the exclusions in \S+engarde\.yml: it has errors:\n\S+:5:20: error: client\.maxDatagramSize/,
      ),
    });
    expect(await files()).toEqual(['engarde.yml']);
  });

  it('says what is the matter with a file that is gone or no text', async () => {
    await expect(keepExclusions(join(directory, 'none.yml'), EXCLUDE)).rejects.toMatchObject({
      code: 'unreadable',
      message: `Cannot read ${join(directory, 'none.yml')} to change it: ENOENT`,
    });
    await writeFile(file, new Uint8Array([0xff, 0xfe]));
    await expect(keepExclusions(file, EXCLUDE)).rejects.toMatchObject({ code: 'unreadable' });
  });

  describe.skipIf(process.getuid?.() !== 0)('without permission (needs root, to give it up)', () => {
    /** What `keep` does as somebody else. */
    async function asNobody(keep: () => Promise<void>): Promise<unknown> {
      process.seteuid!(NOBODY);
      try {
        return await keep().catch((error: unknown) => error);
      } finally {
        process.seteuid!(0);
      }
    }

    it('refuses a read-only file in a writable directory', async () => {
      await chmod(directory, 0o777);
      await chmod(file, 0o644);
      expect(await asNobody(() => keepExclusions(file, EXCLUDE))).toMatchObject({
        code: 'not-writable',
        message: `Cannot write ${file}: no permission; let the user that runs this program write to the file (EACCES)`,
      });
      expect(await files()).toEqual(['engarde.yml']);
    });

    it('refuses a read-only directory with a writable file', async () => {
      await chmod(file, 0o666);
      expect(await asNobody(() => keepExclusions(file, EXCLUDE))).toMatchObject({
        code: 'not-writable',
        message: `Cannot write ${file}: no permission; let the user that runs this program write to its directory ${directory} (EACCES)`,
      });
      expect(await readFile(file, 'utf8')).toBe(BEFORE);
    });

    it("keeps another's file writable where it may not give it back", async () => {
      await chmod(directory, 0o777);
      await chmod(file, 0o666);
      expect(await asNobody(() => keepExclusions(file, EXCLUDE))).toBeUndefined();
      const { mode, uid } = await stat(file);
      expect([mode & 0o777, uid]).toEqual([0o666, NOBODY]);
    });
  });
});

describe('replaceFile()', () => {
  it('does nothing when the file has changed since it was read', async () => {
    expect(await replaceFile(file, `${BEFORE}# older\n`, AFTER)).toBe(false);
    expect(await readFile(file, 'utf8')).toBe(BEFORE);
    expect(await files()).toEqual(['engarde.yml']);
  });
});
