/*
 * Changes to a wg-quick file, a line each, so that every other byte stays and people see what changed.
 */
import { type Entry, entryOf, type Section, type WgQuickFile } from './wg-quick.ts';

/** A line of the changed file, or one that went. */
export interface DiffLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** Collects changes; `text()` and `diff()` are the outcome. */
export class WgQuickEdit {
  readonly #file: WgQuickFile;
  readonly #replaced = new Map<number, string>();
  readonly #added = new Map<number, string[]>();

  constructor(file: WgQuickFile) {
    this.#file = file;
  }

  get isChanged(): boolean {
    return this.#replaced.size + this.#added.size > 0;
  }

  /** Gives the key this value: in its line, whose comment stays, or in a new one after the section's last. */
  set(section: Section, key: string, value: string): void {
    const entry = entryOf([section], key.toLowerCase());
    if (entry === undefined) this.#add(section, `${key} = ${value}`);
    else if (entry.value !== value) this.#replaced.set(entry.line, withValue(this.#lineOf(entry), value));
  }

  diff(): DiffLine[] {
    return this.#file.lines.flatMap((text, line): DiffLine[] => {
      const replaced = this.#replaced.get(line);
      const added = (this.#added.get(line) ?? []).map((one): DiffLine => ({ mark: '+', text: one }));
      if (replaced === undefined) return [{ mark: ' ', text }, ...added];
      return [{ mark: '-', text }, { mark: '+', text: replaced }, ...added];
    });
  }

  text(): string {
    return this.diff()
      .filter(({ mark }) => mark !== '-')
      .map(({ text }) => text)
      .join('\n');
  }

  #lineOf({ line }: Entry): string {
    return this.#file.lines[line]!;
  }

  /** Ended and indented as the line before it. */
  #add(section: Section, content: string): void {
    const after = section.entries.at(-1)?.line ?? section.line;
    const before = this.#file.lines[after]!;
    const indent = section.entries.length === 0 ? '' : /^[ \t]*/.exec(before)![0];
    const isLast = after === this.#file.lines.length - 1;
    const usesCarriageReturn = this.#file.lines.some((line) => line.endsWith('\r'));
    const end = usesCarriageReturn && !isLast ? '\r' : '';
    if (usesCarriageReturn && isLast) this.#replaced.set(after, `${this.#replaced.get(after) ?? before}\r`);
    this.#added.set(after, [...(this.#added.get(after) ?? []), `${indent}${content}${end}`]);
  }
}

function withValue(line: string, value: string): string {
  const [, before, rest] = /^([^=]*=[ \t]*)(.*)$/s.exec(line)!;
  return `${before}${value}${/\s*(#.*)?$/s.exec(rest!)![0]}`;
}
