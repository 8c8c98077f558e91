/*
 * Tells when a file's content has changed, however it came about: written in place or in steps, renamed over,
 * or a symbolic link to another directory as Kubernetes swaps them. The system's events come from the file's
 * directory and are fast but not certain (network file systems, a replaced directory), so a slow look at the
 * content backs them. Only the content counts.
 */
import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How long content must stay the same, and how often it is looked at without an event. */
export interface WatchTiming {
  readonly stableMs: number;
  readonly pollMs: number;
}

const TIMING: WatchTiming = { stableMs: 150, pollMs: 5000 };

export interface FileWatch {
  /**
   * Somebody has read the file in between, and may know other content than was last called back about: the next look,
   * soon, calls back whatever it finds.
   */
  forget(): void;
  close(): void;
}

/**
 * Calls back each time the file has other content than at the call or at the last callback, once that is stable.
 * A file that is gone or unreadable is not a change. Start it before reading the file, so that nothing falls
 * between. After `close()` nothing is called and no timer runs.
 */
export function watchFile(
  file: string,
  onChange: () => void,
  { stableMs, pollMs }: WatchTiming = TIMING,
): FileWatch {
  const directory = dirname(file);
  let known: string | undefined;
  let seen: string | undefined;
  let isClosed = false;
  let looking: NodeJS.Timeout | undefined;
  let events: FSWatcher | undefined;
  let watched = '';

  const lookSoon = () => {
    if (!isClosed) looking ??= setTimeout(() => void look(), stableMs);
  };
  const look = async () => {
    looking = undefined; // an event from now on may be of a change that this look no longer sees
    listen();
    const content = await readFile(file).catch(() => undefined);
    if (isClosed) return;
    const found = hash(() => content);
    const isStable = found === seen;
    seen = found;
    if (found === undefined || found === known) return;
    if (!isStable) return lookSoon();
    known = found;
    onChange();
  };
  /** A directory that has taken the first one's place has to be listened to anew. */
  const listen = () => {
    const now = identityOf(directory);
    if (now === watched && events !== undefined) return;
    events?.close();
    events = undefined;
    watched = now;
    try {
      events = watch(directory, { persistent: false }, lookSoon).on('error', () => {
        events?.close(); // the look below tells as well, only later, and listens anew
        events = undefined;
      });
    } catch {
      // no directory now, or no watch left to have: as above
    }
  };

  listen(); // before the first reading, so that nothing falls between
  known = hash(() => readFileSync(file));
  seen = known;
  const polling = setInterval(lookSoon, pollMs).unref();
  return {
    forget() {
      known = undefined;
      lookSoon();
    },
    close() {
      isClosed = true;
      clearInterval(polling);
      clearTimeout(looking);
      events?.close();
    },
  };
}

/** Undefined when there is nothing to read. */
function hash(read: () => Buffer | undefined): string | undefined {
  try {
    const content = read();
    return content && createHash('sha256').update(content).digest('hex');
  } catch {
    return undefined; // gone for the moment, as when an editor renames: the next look finds it
  }
}

/** Differs when another directory has taken the name. */
function identityOf(directory: string): string {
  try {
    const { dev, ino, birthtimeMs } = statSync(directory); // a number is soon given to another directory
    return `${dev}:${ino}:${birthtimeMs}`;
  } catch {
    return ''; // gone or forbidden for now: asked again with every look
  }
}
