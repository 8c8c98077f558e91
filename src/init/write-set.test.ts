import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseExisting, writeSet } from './write-set.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rengarde-write-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...path: string[]) => join(folder, ...path);
const set = () => [
  { path: at('a/b/one'), text: 'one', isSecret: false },
  { path: at('a/two'), text: 'two', isSecret: true },
];
/** Everything below the folder, files with their text. */
const all = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isFile() ? `${path}=${readFileSync(path, 'utf8')}` : path;
    })
    .sort();

describe('writeSet()', () => {
  it('writes all, secrets for their owner only, and leaves nothing beside them', async () => {
    await writeSet(set(), false);
    expect(all()).toEqual([at('a'), at('a/b'), `${at('a/b/one')}=one`, `${at('a/two')}=two`]);
    expect(statSync(at('a/b/one')).mode & 0o777).toBe(0o644);
    expect(statSync(at('a/two')).mode & 0o777).toBe(0o600);
  });

  it('replaces nothing without force, and everything with it', async () => {
    await writeSet(set(), false);
    writeFileSync(at('a/two'), 'mine');
    rmSync(at('a/b'), { recursive: true });
    const before = all();
    await expect(writeSet(set(), false)).rejects.toThrow(
      `Cannot write ${at('a/two')}: found a file there, want another directory (--out) or --force to replace it; nothing was changed`,
    );
    expect(all()).toEqual(before);
    await writeSet(set(), true);
    expect(all()).toEqual([at('a'), at('a/b'), `${at('a/b/one')}=one`, `${at('a/two')}=two`]);
  });

  it('takes everything back when the last one cannot be written, even with force', async () => {
    mkdirSync(at('a/b'), { recursive: true });
    writeFileSync(at('a/b/one'), 'mine');
    mkdirSync(at('a/two'));
    const before = all();
    await expect(writeSet(set(), true)).rejects.toThrow(`Cannot write ${at('a/two')}: it is a directory`);
    expect(all()).toEqual(before);
  });

  it('removes the directories that it made when it fails', async () => {
    writeFileSync(at('c'), 'a file');
    const files = [...set(), { path: at('c/three'), text: '3', isSecret: false }];
    await expect(writeSet(files, false)).rejects.toThrow(/a part of its path is a file|found a file there/);
    expect(all()).toEqual([`${at('c')}=a file`]);
  });

  it('makes a relative directory that is not there yet', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      await writeSet([{ path: 'x/y/one', text: '1', isSecret: false }], false);
      writeFileSync('f', '');
      const bad = [
        { path: 'p/q/one', text: '1', isSecret: false },
        { path: 'f/two', text: '2', isSecret: false },
      ];
      await expect(writeSet(bad, false)).rejects.toThrow(/^Cannot write f/);
    } finally {
      process.chdir(before);
    }
    expect(all()).toEqual([`${at('f')}=`, at('x'), at('x/y'), `${at('x/y/one')}=1`]);
  });
});

describe('refuseExisting()', () => {
  it('names what is there, dangling links too', async () => {
    writeFileSync(at('one'), '');
    symlinkSync(at('nowhere'), at('two'));
    const paths = [at('one'), at('two'), at('three')];
    await expect(refuseExisting(paths, false)).rejects.toThrow(
      `Cannot write ${at('one')}, ${at('two')}: found`,
    );
    await refuseExisting(paths, true);
    await refuseExisting([at('three')], false);
  });
});
