/** A run's findings as text: a table per figure, then what is wanted and whether it holds. */
import { type Measure, verdictOn, type Wanted } from './measures.ts';
import { median } from './process.mjs';

/** Ours, and what it is held against, in the order of the columns. */
const OURS = 'linux';
const REFERENCES = ['ceiling', 'bare', 'portable'];

/** Rows of cells, the first of them the headings. */
export type Table = readonly (readonly string[])[];

/** The tables of one part: one per figure, or a single one when there is only one case. */
export function tablesOf(measures: readonly Measure[]): { title: string; table: Table }[] {
  const known = measures.filter(hasSomething);
  const cases = [...new Set(known.map(({ what }) => what))];
  if (cases.length === 1) return [{ title: cases[0]!, table: tableOf(known, ({ figure }) => figure) }];
  return [...new Set(known.map(({ figure }) => figure))].map((figure) => ({
    title: figure,
    table: tableOf(
      known.filter((measure) => measure.figure === figure),
      ({ what }) => what,
    ),
  }));
}

/** A row of nothing but zeros says nothing. */
function hasSomething({ values }: Measure): boolean {
  return Object.values(values).some((rounds) => rounds.some((value) => value !== 0));
}

function tableOf(rows: readonly Measure[], labelOf: (row: Measure) => string): Table {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].sort(byRank);
  const references = rows.some(({ better }) => better !== 'neither')
    ? REFERENCES.filter((name) => names.includes(name) && names.includes(OURS))
    : [];
  const ratioTo = ({ better, values }: Measure, name: string) =>
    better === 'neither' ? '' : spread(ratios(values[OURS] ?? [], values[name] ?? []));
  return [
    ['', ...names, ...references.map((name) => `${OURS} / ${name}`)],
    ...rows.map((row) => [
      labelOf(row),
      ...names.map((name) => spread(row.values[name] ?? [])),
      ...references.map((name) => ratioTo(row, name)),
    ]),
  ];
}

function byRank(a: string, b: string): number {
  const rank = (name: string) => [REFERENCES[0], REFERENCES[1], OURS].indexOf(name) + 1 || 9;
  return rank(a) - rank(b) || a.localeCompare(b);
}

export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((value, round) => value / theirs[round]!).filter((value) => Number.isFinite(value));
}

/** `0.52 (0.50–0.61)`: the median, then the smallest and the largest; one value stands alone. */
export function spread(values: readonly number[]): string {
  if (values.length === 0) return '–';
  if (values.length === 1) return number(values[0]!);
  return `${number(median(values))} (${number(Math.min(...values))}–${number(Math.max(...values))})`;
}

/** Three digits that count. */
function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString('en');
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** One line per figure wanted. */
export function wantedTable(wanted: readonly Wanted[]): Table {
  const limit = (one: Wanted['wanted']) =>
    'atLeast' in one ? `at least ${one.atLeast}` : `at most ${one.atMost}`;
  return [
    ['figure', 'found', 'wanted', 'holds'],
    ...wanted.map((one) => [one.what, spread(one.values), limit(one.wanted), verdictOn(one)]),
  ];
}

/** Columns filled up with spaces. */
export function aligned(table: Table): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i]!)).join('   ');
  return table.map((row) => line(row).trimEnd()).join('\n');
}
