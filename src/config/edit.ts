/*
 * Writes what people excluded and included while the program ran into their engarde.yml. What to change is
 * exclusions.ts's business, replacing the file that of replace-file.ts.
 */
import { readFile, realpath } from 'node:fs/promises';
import { EditError } from './edit-error.ts';
import { type Exclusions, withExclusions } from './exclusions.ts';
import { replaceFile } from './replace-file.ts';

const MAX_ATTEMPTS = 5; // each is lost only to somebody who changed the file within the same milliseconds

/** One at a time in this process, as they share the names of temporary files. */
let previous: Promise<unknown> = Promise.resolve();

/**
 * Makes the client section of the file say what `changes` says, and nothing else: comments, order and every line
 * that need not change stay. The file is the old one or the new one at every moment. Symbolic links are followed.
 * @param isLeftOutByDefault whether an interface is of a kind that is not used unless the file names it
 * @throws {EditError} when it can't be done; the file is then as it was
 */
export function keepExclusions(
  file: string,
  changes: Exclusions,
  isLeftOutByDefault: (name: string) => boolean = () => false,
): Promise<void> {
  const keeping = previous.then(() => keep(file, changes, isLeftOutByDefault));
  previous = keeping.catch(() => {}); // told to this caller; the next one need not know
  return keeping;
}

async function keep(
  file: string,
  changes: Exclusions,
  isLeftOutByDefault: (name: string) => boolean,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const { target, text } = await read(file);
    const edited = withExclusions(text, file, changes, isLeftOutByDefault);
    if (edited === text || (await replaceFile(target, text, edited))) return;
  }
  throw new EditError('busy', `Cannot write ${file}: another program keeps changing it; try again later`);
}

async function read(file: string): Promise<{ target: string; text: string }> {
  try {
    const target = await realpath(file);
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { target, text: decoder.decode(await readFile(target)) };
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? 'not UTF-8 text';
    throw new EditError('unreadable', `Cannot read ${file} to change it: ${why}`, { cause });
  }
}
