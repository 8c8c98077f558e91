/**
 * The kept inputs of a target: `found.txt`, one input per line in base64, which a run writes with `--keep`; and inputs
 * that once were findings, each a file of its own with a name that says what it was. All are replayed by the unit tests.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const FOUND = 'found.txt';

/** Where a target's inputs are kept. */
export function corpusFolder(target: string): string {
  return join(import.meta.dirname, 'corpus', target);
}

/** Every input in the folder, those with names first; none when there is no folder. */
export function readCorpus(folder: string): { name: string; bytes: Buffer }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .toSorted()
    .flatMap((file) => {
      const content = readFileSync(join(folder, file));
      return file === FOUND ? lines(content.toString()) : [{ name: file, bytes: content }];
    });
}

/** Replaces what was found before. */
export async function writeFound(folder: string, inputs: readonly Uint8Array[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const text = inputs.map((bytes) => `${Buffer.from(bytes).toString('base64')}\n`).join('');
  writeFileSync(join(folder, FOUND), text);
}

function lines(text: string): { name: string; bytes: Buffer }[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => ({ name: `${FOUND}:${index + 1}`, bytes: Buffer.from(line, 'base64') }));
}
