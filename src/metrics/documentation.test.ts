import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DROP_REASONS, UNSENT_REASONS } from '../contract/index.ts';
import { type Definition, snakeCase } from './definition.ts';
import { definitions, prometheusName } from './definitions.ts';

const PAGE = new URL('../../docs/metrics.md', import.meta.url);
const HEAD = ['name in Prometheus', 'in OTLP', 'unit', 'kind', 'labels', 'who', 'meaning'];

function rowOf(definition: Definition): string[] {
  const { name, unit, kind, attributes, role, description } = definition;
  const labels = attributes.map((attribute) => `\`${attribute.replaceAll('.', '_')}\``).join(', ');
  const quoted = (text: string) => (text === '' ? '' : `\`${text}\``);
  return [
    quoted(prometheusName(definition)),
    quoted(name),
    quoted(unit),
    kind,
    labels,
    role ?? 'both',
    description,
  ];
}

function tableOf(rows: readonly string[][]): string {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[], filler = ' ') =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, filler)).join(' | ')} |`;
  const [head, ...body] = rows;
  return [
    line(head!),
    line(
      HEAD.map(() => ''),
      '-',
    ),
    ...body.map((row) => line(row)),
  ].join('\n');
}

test('docs/metrics.md has every metric as it is told', async () => {
  const table = tableOf([HEAD, ...definitions.map(rowOf)]);
  const page = readFileSync(PAGE, 'utf8').replace(
    /(?<=<!-- begin -->\n).*(?=<!-- end -->)/s,
    `\n${table}\n\n`,
  );
  await expect(page).toMatchFileSnapshot(PAGE.pathname);
});

test('docs/metrics.md has every reason', () => {
  const page = readFileSync(PAGE, 'utf8');
  const reasons = [...DROP_REASONS, ...UNSENT_REASONS].map(snakeCase);
  expect(reasons.filter((reason) => !page.includes(`\`${reason}\``))).toEqual([]);
});
