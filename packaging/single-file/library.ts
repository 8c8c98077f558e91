/**
 * The native library of the package koffi, out of the executable. The system loads libraries from
 * files only, so it is written where running code is permitted, opened, removed again, and loaded by its descriptor.
 * Source: dlopen(3), proc_pid_fd(5).
 */
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRawAsset } from 'node:sea';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const ASSET = 'koffi.node';
/** Where the library is, for this thread and for those that it starts. */
const PLACE = 'rengarde:koffi';

/** Packages put the same library here, so that nothing that is run has to be written first. */
const INSTALLED = { program: '/usr/bin/rengarde', library: '/usr/lib/rengarde/koffi.node' };

type Koffi = typeof import('koffi').default;

/** Loads the library, once for the process. @throws when no directory permits it; the message names them */
export function provideLibrary(): Koffi {
  const place = getEnvironmentData(PLACE);
  if (typeof place === 'string') return load(place);
  if (process.execPath === INSTALLED.program && existsSync(INSTALLED.library)) return load(INSTALLED.library);
  const refusals: string[] = [];
  for (const directory of candidates()) {
    try {
      return extractInto(directory);
    } catch (error) {
      refusals.push(`${directory}: ${(error as Error).message}`);
    }
  }
  const wanted = 'want one where files may be written and, without the mount option noexec, run';
  throw new Error(
    `Cannot load the library for system calls from any directory: ${wanted} (${refusals.join('; ')})`,
  );
}

function candidates(): ReadonlySet<string> {
  const { RUNTIME_DIRECTORY, XDG_RUNTIME_DIR, STATE_DIRECTORY } = process.env;
  const own = [RUNTIME_DIRECTORY?.split(':')[0], XDG_RUNTIME_DIR, tmpdir(), '/dev/shm', '/run'];
  return new Set([...own, STATE_DIRECTORY?.split(':')[0]].filter((directory) => directory !== undefined));
}

function extractInto(directory: string): Koffi {
  const file = join(directory, `.rengarde-${process.pid}-${randomBytes(8).toString('hex')}.node`);
  writeFileSync(file, Buffer.from(getRawAsset(ASSET) as ArrayBuffer), { flag: 'wx', mode: 0o500 });
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } finally {
    unlinkSync(file);
  }
  try {
    const place = `/proc/self/fd/${fd}`;
    const koffi = load(place);
    setEnvironmentData(PLACE, place);
    return koffi; // the descriptor stays open: it is the only way to the file
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function load(place: string): Koffi {
  const module = { exports: {} };
  process.dlopen(module, place);
  return module.exports as Koffi;
}
