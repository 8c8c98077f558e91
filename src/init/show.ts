/** Files as people look through them before they are written: keys are hidden, changes marked. */
import { maskSecrets } from './mask.ts';
import type { PlannedFile } from './plan.ts';

const RULE_CHARS = 78;

/** @param path as it will be written, or a word for where it is to go */
export function showFile({ text, diff, isSecret }: PlannedFile, path: string): string {
  const notes = [
    ...(diff === undefined ? [] : ['changed copy: "-" goes, "+" comes']),
    ...(isSecret ? ['mode 0600, keys hidden here'] : []),
  ];
  const title = `--- ${path}${notes.length === 0 ? '' : ` (${notes.join('; ')})`} `;
  const body =
    diff === undefined ? text : `${diff.map((line) => `${line.mark} ${line.text}`.trimEnd()).join('\n')}\n`;
  return `${title.padEnd(RULE_CHARS, '-')}\n${maskSecrets(body)}`;
}
