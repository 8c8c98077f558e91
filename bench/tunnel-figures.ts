/**
 * Figures of several rounds and contestants: medians with their spread as a table, and comparisons within a
 * round, so that what slows the whole machine for a while weighs on both sides of them.
 */
import { writeFileSync } from 'node:fs';
import { median } from './process.mjs';

/** What one contestant showed in one round, by the figure's name, which has the unit. */
export type Round = Readonly<Record<string, number>>;
/** Rounds by contestant, all of the same length and in the same order. */
export type Figures = ReadonlyMap<string, readonly Round[]>;

/** `0.52 (0.50–0.61)`: the median, then the smallest and the largest. */
export function spread(values: readonly number[], digits: number): string {
  const text = (value: number) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`;
}

/** One line per figure, one column per contestant. */
export function table(figures: Figures, digits: (name: string) => number): string {
  const contestants = [...figures.keys()];
  const names = Object.keys(figures.get(contestants[0]!)?.[0] ?? {});
  const rows = [['', ...contestants]];
  for (const name of names) {
    rows.push([
      name,
      ...contestants.map((contestant) => spread(valuesOf(figures, contestant, name), digits(name))),
    ]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** One figure of two contestants, compared round by round. */
export function compare(
  figures: Figures,
  name: string,
  [ours, theirs]: readonly [ours: string, theirs: string],
  by: (ours: number, theirs: number) => number,
): number[] {
  const others = valuesOf(figures, theirs, name);
  return valuesOf(figures, ours, name).map((value, round) => by(value, others[round]!));
}

/** Writes all single values, with what was asked for, for those who want to reckon themselves. */
export function writeJson(file: string, options: object, figures: Figures): void {
  const content = { at: new Date().toISOString(), options, figures: Object.fromEntries(figures) };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
}

function valuesOf(figures: Figures, contestant: string, name: string): number[] {
  return (figures.get(contestant) ?? []).map((round) => round[name] ?? Number.NaN);
}
