/*
 * One role's section, from plain values to checked ones: each key against its schema, then the keys against
 * each other. Everything that is wrong goes to `places`.
 */
import { z } from 'zod';
import type { Path, Places } from './places.ts';

export type Role = 'client' | 'server';

/** A section's keys, and what is to be checked between them. */
export interface SectionRules<S extends z.ZodObject> {
  readonly role: Role;
  readonly schema: S;
  readonly check: (section: Partial<z.infer<S>>, places: Places) => void;
}

/** The values of the keys that are right; undefined when the section is no mapping. `written` comes from a Reader. */
export function readSection<S extends z.ZodObject>(
  written: unknown,
  { role, schema, check }: SectionRules<S>,
  places: Places,
): Partial<z.infer<S>> | undefined {
  const found = isMapping(written) ? (written[role] ?? {}) : {};
  if (!isMapping(found)) {
    places.reject([role], 'keys such as listenAddr and dstAddr, indented below it');
    return undefined;
  }
  const section = checkKeys(found, role, schema, places);
  check(section, places);
  return section;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Each key by itself, so that one wrong key does not hide what is wrong between the others. */
function checkKeys<S extends z.ZodObject>(
  found: Record<string, unknown>,
  role: Role,
  schema: S,
  places: Places,
) {
  const values: Record<string, unknown> = {};
  for (const [key, keySchema] of Object.entries(schema.shape)) {
    const result = z.safeParse(keySchema, found[key]);
    if (result.success) values[key] = result.data;
    else rejectAll(result.error.issues, [role, key], places);
  }
  return values as Partial<z.infer<S>>;
}

/** A value that breaks several rules is reported once, for the first. */
function rejectAll(issues: readonly z.core.$ZodIssue[], at: Path, places: Places): void {
  const seen = new Set<string>();
  for (const { path, message } of issues) {
    const id = JSON.stringify(path);
    if (!seen.has(id)) places.reject([...at, ...path], message);
    seen.add(id);
  }
}
