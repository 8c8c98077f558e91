/*
 * Where each value of a file stands and how it may be shown, by path, and the problems found so far.
 */
import type { Node } from 'yaml';
import { type Problem, quote } from './problem.ts';
import type { YamlFile } from './syntax.ts';

/** Keys and list positions that lead to a value, as zod has them. */
export type Path = readonly PropertyKey[];

interface Place {
  readonly keyOffset: number;
  /** Absent for an empty value. */
  readonly value?: { readonly offset: number; readonly found: string };
}

/** The places of one file, and its problems. */
export class Places {
  readonly #file: string;
  readonly #locate: YamlFile['locate'];
  readonly #byPath = new Map<string, Place>();
  readonly #problems: Problem[];

  constructor(yaml: YamlFile, file: string) {
    this.#file = file;
    this.#locate = yaml.locate;
    this.#problems = [...yaml.problems];
  }

  /** All problems, in the order of the file. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  /** Notes a value that was written for a key or in a list, and how to show it; an empty one has no look. */
  add(path: Path, keyOffset: number, offset: number, found: string | undefined): void {
    this.#byPath.set(
      JSON.stringify(path),
      found === undefined ? { keyOffset } : { keyOffset, value: { offset, found } },
    );
  }

  /** Whether the file has this key, with a value or without. */
  has(path: Path): boolean {
    return this.#byPath.has(JSON.stringify(path));
  }

  /** The line on which the value stands. */
  line(path: Path): number {
    return this.lineAt(this.#nearest(path));
  }

  /** The line of an offset into the text. */
  lineAt(offset: number): number {
    return this.#locate(offset).line;
  }

  /** A problem with a value: at the value or, where there is none, at the nearest key around it. */
  report(severity: Problem['severity'], path: Path, message: string): void {
    this.reportAt(this.#nearest(path), severity, path, message);
  }

  /** A problem at an offset into the text. */
  reportAt(offset: number, severity: Problem['severity'], path: Path, message: string): void {
    this.#problems.push({ severity, file: this.#file, ...this.#locate(offset), key: dotted(path), message });
  }

  /** An error that says what was found at the path, or that nothing was, and what is wanted. */
  reject(path: Path, wanted: string): void {
    const found = this.#byPath.get(JSON.stringify(path))?.value?.found;
    this.report('error', path, `${found === undefined ? 'missing' : `found ${found}`}, want ${wanted}`);
  }

  #nearest(path: Path): number {
    const place = this.#byPath.get(JSON.stringify(path));
    if (place?.value !== undefined) return place.value.offset;
    for (let length = path.length; length > 0; length--) {
      const around = this.#byPath.get(JSON.stringify(path.slice(0, length)));
      if (around !== undefined) return around.keyOffset;
    }
    return 0;
  }
}

/** Where a node begins, as an offset into the text. */
export function startOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}

function dotted(path: Path): string {
  return path.reduce<string>((before, step) => {
    if (typeof step === 'number') return `${before}[${step}]`;
    const name = /^[\w-]+$/.test(String(step)) ? String(step) : quote(String(step));
    return before === '' ? name : `${before}.${name}`;
  }, '');
}
