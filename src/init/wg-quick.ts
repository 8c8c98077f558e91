/*
 * A wg-quick file as it is written, line by line: what is known is read, everything else is kept. What ought
 * to change in one is adopt.ts's business.
 * Source: wg-quick(8), and parse_options() in wg-quick/linux.bash: "#" begins a comment anywhere, names of
 * sections and keys are of any case, a section may stand more than once.
 */
import { quote } from '../config/index.ts';
import { InitError } from './init-error.ts';

/** One `Key = value`. */
export interface Entry {
  /** Index of its line, from 0. */
  readonly line: number;
  /** In lower case. */
  readonly key: string;
  readonly value: string;
}

/** From one `[Header]` to the next. */
export interface Section {
  /** In lower case, without the brackets. */
  readonly name: string;
  /** Index of the header's line, from 0. */
  readonly line: number;
  readonly entries: readonly Entry[];
}

/** A file taken apart. `lines` joined by "\n" are the file, byte for byte. */
export interface WgQuickFile {
  readonly file: string;
  readonly lines: readonly string[];
  /** Those called [Interface]; at least one. */
  readonly interfaces: readonly Section[];
  readonly peers: readonly Section[];
}

const ASSIGNMENT = /^([^=]*)=(.*)$/;
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** @throws {InitError} when WireGuard would not take the file either; names the line */
export function parseWgQuick(text: string, file: string): WgQuickFile {
  const lines = text.split('\n');
  const sections: (Section & { entries: Entry[] })[] = [];
  lines.forEach((whole, line) => {
    const content = whole.replace(/#.*$/s, '').trim();
    if (content === '') return;
    const header = /^\[(.*)\]$/.exec(content)?.[1];
    if (header !== undefined) {
      sections.push({ name: header.trim().toLowerCase(), line, entries: [] });
      return;
    }
    const parts = ASSIGNMENT.exec(content);
    if (parts === null) throw mistake(file, line, `found ${quote(content)}, want "Key = value"`);
    const section = sections.at(-1);
    if (section === undefined) throw mistake(file, line, 'found a key before any section, want [Interface]');
    section.entries.push({ line, key: parts[1]!.trim().toLowerCase(), value: parts[2]!.trim() });
  });
  const interfaces = sections.filter(({ name }) => name === 'interface');
  if (interfaces.length === 0) {
    throw new InitError(`Cannot use ${file}: found no [Interface] section, want a wg-quick file`);
  }
  return { file, lines, interfaces, peers: sections.filter(({ name }) => name === 'peer') };
}

/** The last entry of that key, which is the one that counts; the key in lower case. */
export function entryOf(sections: readonly Section[], key: string): Entry | undefined {
  return sections.flatMap(({ entries }) => entries).findLast((entry) => entry.key === key);
}

/** All values of a key that takes a list, over all its lines. */
export function listOf(sections: readonly Section[], key: string): string[] {
  return sections
    .flatMap(({ entries }) => entries)
    .filter((entry) => entry.key === key)
    .flatMap(({ value }) => value.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A key of 32 bytes in base64; undefined when there is none. @throws {InitError} when it is no key */
export function keyOf(file: WgQuickFile, sections: readonly Section[], key: string): string | undefined {
  const entry = entryOf(sections, key);
  if (entry === undefined || KEY.test(entry.value)) return entry?.value;
  throw mistake(file.file, entry.line, `found a ${key} that is none, want 44 characters of base64`);
}

/** A whole number; undefined when there is none. @throws {InitError} when it is none from `min` to `max` */
export function numberOf(
  file: WgQuickFile,
  sections: readonly Section[],
  key: string,
  [min, max]: readonly [number, number],
): number | undefined {
  const entry = entryOf(sections, key);
  if (entry === undefined) return undefined;
  const number = /^\d{1,6}$/.test(entry.value) ? Number(entry.value) : -1;
  if (number >= min && number <= max) return number;
  const wanted = `want a whole number from ${min} to ${max}`;
  throw mistake(file.file, entry.line, `found ${key} ${quote(entry.value)}, ${wanted}`);
}

/** Whether the text is a WireGuard key: 32 bytes in base64. */
export function isWireguardKey(text: string): boolean {
  return KEY.test(text);
}

function mistake(file: string, line: number, message: string): InitError {
  return new InitError(`Cannot use ${file}:${line + 1}: ${message}`);
}
