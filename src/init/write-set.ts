/*
 * Several files, all or none: what was there before comes back when one of them cannot be written. Each is
 * whole at every moment, by rename(2); a crash between two renames may leave some of them, each whole.
 */
import { lstat, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { InitError } from './init-error.ts';

const SECRET_MODE = 0o600;
const PLAIN_MODE = 0o644;

/** A file to write. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** Mode 0600 from the first byte on. */
  readonly isSecret: boolean;
}

/** Those that are there already, whatever they are. */
export async function existingOf(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map((path) =>
      lstat(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => found[index]);
}

/** @throws {InitError} for those that are there already; without `force` they stay as they are */
export async function refuseExisting(paths: readonly string[], force: boolean): Promise<void> {
  if (force) return;
  const existing = await existingOf(paths);
  if (existing.length === 0) return;
  throw new InitError(
    `Cannot write ${existing.join(', ')}: found a file there, want another directory (--out) or --force to replace it`,
  );
}

/**
 * Writes them all, making directories as needed.
 * @throws {InitError} when one cannot be written; then everything is as it was
 */
export async function writeSet(files: readonly NewFile[], force: boolean): Promise<void> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    for (const { path } of files) await makeDirectory(dirname(path), undo);
    for (const file of files) await writeBeside(file, undo);
    for (const { path } of files) await putInPlace(path, force, undo);
    for (const { path } of files) await rm(backupOf(path), { force: true });
  } catch (cause) {
    // What cannot be taken back stays where it was put; the error tells of the first fault.
    for (const step of undo.reverse()) await step().catch(() => {});
    throw cause instanceof InitError ? cause : refusal(cause as NodeJS.ErrnoException);
  }
}

async function makeDirectory(directory: string, undo: (() => Promise<unknown>)[]): Promise<void> {
  const first = await mkdir(directory, { recursive: true });
  if (first === undefined) return;
  const below = relative(first, resolve(directory)).split(sep);
  // Each of those made, the outermost first: taken back in the opposite order.
  const made = below.map((_, index) => join(first, ...below.slice(0, index)));
  for (const one of below[0] === '' ? [first] : [...made, resolve(directory)]) undo.push(() => rmdir(one));
}

async function writeBeside(
  { path, text, isSecret }: NewFile,
  undo: (() => Promise<unknown>)[],
): Promise<void> {
  const fresh = freshOf(path);
  await rm(fresh, { force: true });
  const handle = await open(fresh, 'wx', SECRET_MODE);
  undo.push(() => rm(fresh, { force: true }));
  try {
    await handle.writeFile(text);
    await handle.chmod(isSecret ? SECRET_MODE : PLAIN_MODE);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function putInPlace(path: string, force: boolean, undo: (() => Promise<unknown>)[]): Promise<void> {
  if (force && (await existingOf([path])).length > 0) {
    if ((await lstat(path)).isDirectory()) throw new InitError(`Cannot write ${path}: it is a directory`);
    await rename(path, backupOf(path));
    undo.push(() => rename(backupOf(path), path));
  } else {
    // Takes the name, so that a file that somebody else makes now is not replaced.
    await (await open(path, 'wx', SECRET_MODE)).close();
    undo.push(() => rm(path, { force: true }));
  }
  await rename(freshOf(path), path);
}

function freshOf(path: string): string {
  return `${path}.${process.pid}.new`;
}

function backupOf(path: string): string {
  return `${path}.${process.pid}.old`;
}

function refusal({ code, path, message, cause }: NodeJS.ErrnoException): InitError {
  const why: Record<string, string> = {
    EACCES: 'no permission; want a directory of yours (--out), or root',
    EPERM: 'no permission; want a directory of yours (--out), or root',
    EEXIST: 'found a file there, want another directory (--out) or --force to replace it',
    ENOTDIR: 'a part of its path is a file, want another directory (--out)',
    EROFS: 'the file system is read-only, want another directory (--out)',
    ENOSPC: 'the file system is full',
  };
  const name = path?.replace(new RegExp(`\\.${process.pid}\\.(new|old)$`), '') ?? 'the files';
  return new InitError(`Cannot write ${name}: ${why[code ?? ''] ?? message}; nothing was changed`, { cause });
}
