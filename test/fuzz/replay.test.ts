/** Every input that was kept is tried again: those that once led somewhere new, and those that once were findings. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { corpusFolder, readCorpus } from './corpus.ts';
import type { Target } from './target.ts';

const names = readdirSync(join(import.meta.dirname, 'targets')).map((file) => file.replace(/\.ts$/, ''));

describe.each(names)('fuzz target %s', (name) => {
  test('holds for every kept input', { timeout: 60_000 }, async () => {
    const { target } = (await import(`./targets/${name}.ts`)) as { target: Target };
    const kept = readCorpus(corpusFolder(name));
    expect(kept.length).toBeGreaterThan(0);
    for (const { name: input, bytes } of kept) {
      const outcome = await tried(target, bytes);
      expect(outcome, `${name}/${input}`).toBe('');
    }
  });
});

/** Empty when nothing is wrong. */
async function tried(target: Target, bytes: Buffer): Promise<string> {
  try {
    await target.run(bytes);
    return '';
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
