/** docs/configuration.md has every key of the schema, no other, and the right default of each. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { clientSection, serverSection } from './schema.ts';

type Keys = Readonly<Record<string, z.core.$ZodType>>;

const PAGE = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

/** Key to default, as the table under the heading has them. */
function tableUnder(heading: string): Map<string, string> {
  const lines = PAGE.split('\n');
  const rest = lines.slice(lines.indexOf(heading) + 1);
  const end = rest.findIndex((line) => /^##/.test(line));
  const rows = rest.slice(0, end === -1 ? undefined : end).filter((line) => /^\| `/.test(line));
  return new Map(
    rows.flatMap((row) => {
      const [, names = '', byDefault = ''] = row.split('|').map((cell) => cell.trim());
      return [...names.matchAll(/`([\w.]+)`/g)].map(([, name]): [string, string] => [name!, byDefault]);
    }),
  );
}

function keysOf(schema: z.core.$ZodType): Keys {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodArray) return keysOf(schema.element);
  if (schema instanceof z.ZodPipe) return keysOf(schema.in);
  const { innerType } = schema._zod.def as { innerType?: z.core.$ZodType };
  return innerType === undefined ? {} : keysOf(innerType);
}

/** What the table must begin with. */
function shownDefault(schema: z.core.$ZodType): string | RegExp {
  const result = z.object({ key: schema }).safeParse({});
  if (!result.success) return 'required';
  const value: unknown = result.data.key;
  if (value === undefined || isSection(schema)) return /^(?!required)/;
  return value === '' ? 'empty' : `\`${typeof value === 'object' ? JSON.stringify(value) : String(value)}\``;
}

function isSection(schema: z.core.$ZodType): boolean {
  return !Array.isArray(z.safeParse(schema, []).data) && Object.keys(keysOf(schema)).length > 0;
}

const both = Object.keys(clientSection.shape).filter((key) => key in serverSection.shape);
const pick = (keys: Keys, wanted: (key: string) => boolean): Keys =>
  Object.fromEntries(Object.entries(keys).filter(([key]) => wanted(key)));
const { tls, ...web } = keysOf(clientSection.shape.webManager);
const tlsFiles = Object.fromEntries(
  Object.keys(keysOf(tls!)).map((key) => [`tls.${key}`, z.string().optional()]),
);

test.each<[string, Keys]>([
  ['## Both sections', pick(clientSection.shape, (key) => both.includes(key))],
  ['### webManager', { ...web, ...tlsFiles }],
  ['## Client only', pick(clientSection.shape, (key) => !both.includes(key))],
  ['### An entry of `paths`', keysOf(clientSection.shape.paths)],
  ['## Server only', pick(serverSection.shape, (key) => !both.includes(key))],
])('docs/configuration.md, "%s", has every key and its default', (heading, keys) => {
  const table = tableUnder(heading);
  expect([...table.keys()].sort()).toEqual(Object.keys(keys).sort());
  for (const [key, schema] of Object.entries(keys)) {
    const wanted = shownDefault(schema);
    const pattern =
      typeof wanted === 'string' ? expect.stringContaining(wanted) : expect.stringMatching(wanted);
    expect(table.get(key), key).toEqual(pattern);
  }
});

test('docs/configuration.md has the keys of an entry of dstOverrides in its row', () => {
  const row = PAGE.split('\n').find((line) => line.startsWith('| `dstOverrides`'));
  for (const key of Object.keys(keysOf(clientSection.shape.dstOverrides)))
    expect(row).toContain(`\`${key}\``);
});
