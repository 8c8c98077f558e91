/**
 * What got slower since an earlier run, beyond the spread of both: the best of the later rounds is worse than the
 * worst of the earlier ones. Held against the ceiling or bare WireGuard of the same round where there is one,
 * so that another machine, or another day's noise, is not taken for a change of ours.
 */
import type { Findings, Measure } from './measures.ts';
import { median } from './process.mjs';
import { ratios, spread } from './report.ts';

const OURS = 'linux';
const REFERENCES = ['ceiling', 'bare'];

/** Lines to print: first what got slower, then what got faster. */
export function compared(now: Findings, earlier: Findings): { slower: string[]; faster: string[] } {
  const slower: string[] = [];
  const faster: string[] = [];
  for (const measure of now.measures) {
    const before = earlier.measures.find(
      (one) => one.part === measure.part && one.what === measure.what && one.figure === measure.figure,
    );
    if (measure.better === 'neither' || before === undefined) continue;
    for (const name of Object.keys(measure.values).filter(isOurs)) {
      const reference = REFERENCES.find((one) => one in measure.values && one in before.values);
      const [later, past] = [measure, before].map((one) => valuesOf(one, name, reference));
      const text = lineOf(measure, name, reference, past!, later!);
      if (isBeyond(later!, past!, measure.better)) faster.push(text);
      else if (isBeyond(past!, later!, measure.better)) slower.push(text);
    }
  }
  return { slower, faster };
}

/** The Linux engine in any of its forms; what the others do is not our doing. */
function isOurs(name: string): boolean {
  return name.startsWith(OURS);
}

function valuesOf({ values }: Measure, name: string, reference: string | undefined): readonly number[] {
  const own = values[name] ?? [];
  return reference === undefined ? own : ratios(own, values[reference]!);
}

/** Whether every value of `a` is better than every one of `b`. */
function isBeyond(a: readonly number[], b: readonly number[], better: Measure['better']): boolean {
  if (a.length === 0 || b.length === 0) return false;
  return better === 'less' ? Math.max(...a) < Math.min(...b) : Math.min(...a) > Math.max(...b);
}

function lineOf(
  { what, figure }: Measure,
  name: string,
  reference: string | undefined,
  past: readonly number[],
  later: readonly number[],
): string {
  const unit = reference === undefined ? '' : ` / ${reference}`;
  const change = past.length > 0 && later.length > 0 ? 100 * (median(later) / median(past) - 1) : Number.NaN;
  const sign = change > 0 ? '+' : '';
  return `${what}: ${figure}, ${name}${unit}: ${spread(past)} -> ${spread(later)}, ${sign}${change.toFixed(0)} %`;
}
