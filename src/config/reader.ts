/*
 * From YAML nodes to the plain values a schema asks for, noting where each one stands. Walks only where
 * the schema leads, so its work is bounded by the schema's depth, aliases or not. Finds unknown and
 * repeated keys; whether the values are right is the schema's business.
 */
import { closest } from 'fastest-levenshtein';
import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, type Scalar } from 'yaml';
import { z } from 'zod';
import { type Path, type Places, startOf } from './places.ts';
import { type Problem, quote } from './problem.ts';

/** Reads one document into plain values; places and problems go to `places`. */
export class Reader {
  readonly #document: Document;
  readonly #places: Places;
  readonly #unknownKeys: Problem['severity'];

  /** @param unknownKeys how bad a key is that the schema does not have */
  constructor(document: Document, places: Places, unknownKeys: Problem['severity']) {
    this.#document = document;
    this.#places = places;
    this.#unknownKeys = unknownKeys;
  }

  /** The document as plain values, for `schema.safeParse()`. Empty values are left out, as in Go. */
  read(schema: z.ZodType): unknown {
    return this.#value(this.#document.contents, schema, [], 0);
  }

  #value(written: unknown, schema: z.ZodType, path: Path, keyOffset: number): unknown {
    const node = isAlias(written) ? written.resolve(this.#document) : written;
    const wanted = unwrap(schema);
    this.#places.add(path, keyOffset, startOf(written), describe(node, wanted, path));
    if (isAlias(written) && node === undefined) {
      const message =
        'found an alias ("*…") without an anchor before it; a text that begins with "*" goes in quotes';
      this.#places.reportAt(startOf(written), 'error', path, message);
    }
    if (isScalar(node)) return scalarValue(node, wanted);
    if (isSeq(node)) return wanted instanceof z.ZodArray ? this.#list(node.items, wanted, path) : [];
    if (!isMap(node)) return undefined;
    if (wanted instanceof z.ZodRecord)
      return this.#mapping(node.items, () => wanted.valueType as z.ZodType, path);
    if (!(wanted instanceof z.ZodObject)) return {};
    const known = new Map<string, z.ZodType>(Object.entries(wanted.shape));
    return this.#mapping(node.items, (key) => known.get(key) ?? [...known.keys()], path);
  }

  #list(items: readonly unknown[], schema: z.ZodArray, path: Path): unknown[] {
    const values: unknown[] = [];
    for (const item of items) {
      const at = [...path, values.length];
      const value = this.#value(item, schema.element as z.ZodType, at, startOf(item));
      if (value !== undefined && value !== '') values.push(value);
      else this.#places.report('warning', at, 'found an empty entry, ignored; want a value after "- "');
    }
    return values;
  }

  /** `schemaOf` gives a key's schema or, for an unknown key, the known ones. */
  #mapping(pairs: readonly Pair[], schemaOf: (key: string) => z.ZodType | string[], path: Path): unknown {
    const offsets = new Map<string, number>();
    const entries: [string, unknown][] = [];
    for (const pair of pairs) {
      const offset = startOf(pair.key);
      const key = isScalar(pair.key) ? scalarText(pair.key) : undefined;
      const at = key === undefined ? path : [...path, key];
      const schema = key === undefined ? [] : schemaOf(key);
      if (key === undefined) {
        this.#places.reportAt(
          offset,
          'error',
          at,
          'found a list, a mapping or an alias as a key, want a plain name',
        );
      } else if (key === '<<') {
        this.#places.reportAt(offset, 'error', at, 'found a merge key, want the merged keys written out');
      } else if (offsets.has(key)) {
        this.#places.reportAt(
          offset,
          'error',
          at,
          `found again (first on line ${this.#places.lineAt(offsets.get(key)!)}), want it once`,
        );
      } else if (Array.isArray(schema)) {
        const what = this.#unknownKeys === 'warning' ? 'unknown key, ignored' : 'unknown key';
        const message = `${what}; the nearest known key is ${quote(closest(key, schema))}`;
        this.#places.reportAt(offset, this.#unknownKeys, at, message);
      } else {
        const value = this.#value(pair.value, schema, at, offset);
        if (value !== undefined && value !== '') entries.push([key, value]);
      }
      if (key !== undefined && !offsets.has(key)) offsets.set(key, offset);
    }
    return Object.fromEntries(entries);
  }
}

/** A scalar as a text, spelled as in the file when it is none: `007` and `true` are. */
export function scalarText(scalar: Scalar): string {
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value));
}

/** Where a text is wanted, `1234` and `true` are texts, spelled as in the file. */
function scalarValue(node: Scalar, wanted: z.ZodType): unknown {
  if (node.value === null) return undefined;
  return wanted instanceof z.ZodString ? scalarText(node) : node.value;
}

/** The schema for what stands in the file, without defaults and transforms. */
function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodExactOptional ? unwrap(schema.unwrap() as z.ZodType) : schema;
}

/** How a problem shows what was found; nothing for an empty value. Passwords stay unseen, misplaced ones too. */
function describe(node: unknown, wanted: z.ZodType, path: Path): string | undefined {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null || node.value === '') return undefined;
  const mayBeSecret =
    path.at(-1) === 'password' || !(wanted instanceof z.ZodString || wanted instanceof z.ZodNumber);
  if (mayBeSecret) return 'a single value';
  if (typeof node.value !== 'string') return node.source ?? String(node.value);
  return quote(node.value.replace(/^.*@/s, '…@')); // credentials written before an address
}
