/*
 * One text of a file for another, so that whoever reads it, and whatever is left after a crash at any moment,
 * is the old text or the new one, whole: rename(2) replaces atomically, fsync(2) makes it last.
 */
import type { Stats } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EditError } from './edit-error.ts';

const PERMISSION_BITS = 0o7777;

/**
 * Replaces the text, keeping mode and, when permitted, owner. `FILE.PID.old` holds the old text until the new
 * one has been read back. What a killed program left of both is removed first.
 * @param file no symbolic link: that would be replaced, not followed
 * @returns false when the file no longer holds `before`: nothing was done
 * @throws {EditError} when the system refuses; but for 'damaged' the file is as it was
 */
export async function replaceFile(file: string, before: string, after: string): Promise<boolean> {
  const old = `${file}.${process.pid}.old`;
  const fresh = `${file}.${process.pid}.new`;
  await removeLeftovers(file);
  let isOldNeeded = false;
  try {
    await (await open(file, 'r+')).close(); // renaming asks for the directory's permission only
    const like = await stat(file);
    await writeLasting(old, before, like);
    await writeLasting(fresh, after, like);
    if ((await readFile(file, 'utf8')) !== before) return false;
    await rename(fresh, file);
    isOldNeeded = true;
    await syncDirectory(dirname(file));
    if ((await readFile(file, 'utf8')) !== after) {
      const message = `Cannot be sure of ${file}: what was read back is not what was written; the text before is in ${old}`;
      throw new EditError('damaged', message);
    }
    isOldNeeded = false;
    return true;
  } catch (error) {
    throw error instanceof EditError ? error : refusal(file, error as NodeJS.ErrnoException);
  } finally {
    for (const name of isOldNeeded ? [fresh] : [fresh, old]) await removeIfPossible(name);
  }
}

async function writeLasting(file: string, text: string, like: Stats): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    // Only root may give files away; the new file is then ours, with the same permissions.
    await handle.chown(like.uid, like.gid).catch(() => {});
    await handle.chmod(like.mode & PERMISSION_BITS);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows opens no directories. Without it a power cut may bring back the old text: whole, but old.
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Of programs that are gone, or of an earlier one with our number, as the only one in a container has. */
async function removeLeftovers(file: string): Promise<void> {
  const directory = dirname(file);
  const names = await readdir(directory).catch(() => []); // they disturb nothing, so that they may stay
  for (const name of names) {
    const pid = name.startsWith(`${basename(file)}.`)
      ? /^\.(\d+)\.(?:old|new)$/.exec(name.slice(basename(file).length))?.[1]
      : undefined;
    if (pid === undefined || (Number(pid) !== process.pid && isRunning(Number(pid)))) continue;
    await removeIfPossible(join(directory, name));
  }
}

/** What stays behind disturbs nobody, and the next time removes it. */
async function removeIfPossible(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => {});
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function refusal(file: string, cause: NodeJS.ErrnoException): EditError {
  const [code, why] = reason(file, cause);
  return new EditError(code, `Cannot write ${file}: ${why}`, { cause });
}

function reason(
  file: string,
  { code, syscall, path, message }: NodeJS.ErrnoException,
): [EditError['code'], string] {
  const what = path === file && syscall === 'open' ? 'the file' : `its directory ${dirname(file)}`;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return [
        'not-writable',
        `no permission; let the user that runs this program write to ${what} (${code})`,
      ];
    case 'EROFS':
      return ['not-writable', 'it is on a read-only file system (EROFS); mount it for writing'];
    case 'EBUSY':
      return ['not-writable', 'it is mounted by itself (EBUSY); mount its directory instead'];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['write-failed', `the file system is full (${code}); free some space`];
    default:
      return ['write-failed', code === undefined ? message : `${syscall} failed (${code})`];
  }
}
