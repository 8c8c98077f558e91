/**
 * Fills the tables of docs/performance.md from a run's file, or from several that measured parts of one version. A place
 * for a part's tables is a pair of comments, `<!-- bench:NAME -->` and `<!-- /bench -->`; what stands between them is
 * replaced. NAME is a part, `wanted` or `machine`. A place that the files have nothing for says so, rather than keep
 * figures of another run.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Machine } from './machine.ts';
import type { Findings } from './measures.ts';
import { type Table, tablesOf, wantedTable } from './report.ts';

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
const PLACE = /(<!-- bench:([\w-]+) -->\n)[\s\S]*?(<!-- \/bench -->)/g;
const NOTHING = '_Not measured in this run._';

/** A run as `npm run bench` writes it. */
export interface Run extends Findings {
  readonly at: string;
  readonly machine: Machine;
  /** Of one core, by others, before the first part. */
  readonly disturbancePercent: number;
  readonly options: Readonly<Record<string, unknown>>;
  /** Parts that could not be measured, with the reason. */
  readonly skipped: readonly string[];
}

/** Runs of one version as if they were one; of a part that several measured, the last. @throws when versions differ */
export function joined([first, ...others]: readonly Run[]): Run {
  if (first === undefined) throw new Error('Cannot fill the page: want the file of a run');
  let run = first;
  for (const next of others) run = joinedTo(run, next);
  return run;
}

function joinedTo(run: Run, next: Run): Run {
  const [version, other] = [run.machine.commit, next.machine.commit];
  if (other !== version) {
    throw new Error(`Cannot join runs of versions ${version} and ${other}: want one version`);
  }
  const measured = new Set(next.measures.map(({ part }) => part));
  const isKept = ({ part }: { readonly part: string }) => !measured.has(part);
  return {
    ...run,
    disturbancePercent: Math.max(run.disturbancePercent, next.disturbancePercent),
    measures: [...run.measures.filter(isKept), ...next.measures],
    wanted: [...run.wanted.filter(isKept), ...next.wanted],
  };
}

export function fillPage(run: Run): void {
  const before = readFileSync(page, 'utf8');
  const after = before.replace(PLACE, (_, begin: string, name: string, end: string) => {
    return `${begin}\n${contentOf(name, run) || NOTHING}\n\n${end}`;
  });
  writeFileSync(page, after);
  // The checks want tables aligned.
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  execFileSync(process.execPath, [biome, 'format', '--write', page], { stdio: 'pipe' });
}

function contentOf(name: string, run: Run): string {
  if (name === 'machine') return machineText(run);
  if (name === 'wanted') return run.wanted.length === 0 ? '' : markdown(wantedTable(run.wanted));
  const measures = run.measures.filter(({ part }) => part === name);
  return tablesOf(measures)
    .map(({ title, table }) => `**${title}**\n\n${markdown(table)}`)
    .join('\n\n');
}

function machineText({ at, machine, disturbancePercent, options }: Run): string {
  const { processor, cores, memoryGiB, kernel, node, commit } = machine;
  return (
    `${at.slice(0, 10)}, version ${commit}, ${String(options.rounds)} rounds: ${cores} cores of ${processor}, ` +
    `${memoryGiB} GiB, Linux ${kernel}, Node ${node}; others used ${disturbancePercent.toFixed(0)} % of a core.`
  );
}

function markdown(table: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell || ' ').join(' | ')} |`;
  const [heading, ...rows] = table;
  return [line(heading!), line(heading!.map(() => '---')), ...rows.map(line)].join('\n');
}
