import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './run.mjs';

const page = readFileSync(join(root, 'docs/threat-model.md'), 'utf8');
/** Cells of each line of a table, without its head. */
const promises = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (can try|-)/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
  .map((cells) => cells.map((cell) => cell.trim()));
const attacks = promises.flatMap(([, , cell]) => cell.split('; ').filter((attack) => attack !== ''));

describe('docs/threat-model.md', () => {
  test('names for every promise who attacks it, and nobody for what is not promised', () => {
    expect(promises.length).toBeGreaterThan(30);
    for (const [what, promise, attackers] of promises) {
      expect([what, attackers === '']).toEqual([what, promise.startsWith('not promised')]);
    }
  });

  test.each([...new Set(attacks)])('%s', (attack) => {
    const [, file, title] = /^`([\w/.-]+\.test\.m?ts|[\w/.-]+\.test\.mjs)` › _(.+)_$/.exec(attack) ?? [];
    expect(title, 'want `FILE` › _TITLE_').toBeDefined();
    expect(existsSync(join(root, file)), `${file} is there`).toBe(true);
    expect(titlesIn(readFileSync(join(root, file), 'utf8'))).toContain(title);
  });
});

/** First arguments of test() and it(), and of what their .each() and .skipIf() give: quoted or in backticks. */
function titlesIn(source) {
  const starts = /\b(?:test|it)(?:\.\w+)*(?:<[^>]*>)?\(|^\s*(?:\}|\])?\)?\s*\)\(|\)\(\s*(?=['"`])/gm;
  return [...source.matchAll(starts)].flatMap(({ index, 0: { length } }) => {
    const quoted = /^\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/s.exec(source.slice(index + length));
    return quoted === null ? [] : [quoted[2].replaceAll(/\\(.)/g, '$1')];
  });
}
