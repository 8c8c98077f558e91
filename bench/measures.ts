/**
 * What a run of the benchmark found, in the form that is printed, kept as JSON and compared with an earlier run:
 * every single value, by what was measured, on whom; and which figures are wanted of it.
 */

import { median } from './process.mjs';

/** One figure in one case, of each contestant: a value per round, the rounds in the same order. */
export interface Measure {
  /** The part of the benchmark, e.g. `one-way`. */
  readonly part: string;
  /** What was done, e.g. `client, 3 paths, 1400 bytes, flat out`. */
  readonly what: string;
  /** What was measured, with its unit, e.g. `CPU, µs/packet`. */
  readonly figure: string;
  readonly better: 'less' | 'more' | 'neither';
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** A figure wanted, reckoned within each round. */
export interface Wanted {
  readonly part: string;
  /** E.g. `client, 3 paths, 1400 bytes, flat out: packets/s, linux / ceiling`. */
  readonly what: string;
  readonly wanted: { readonly atLeast: number } | { readonly atMost: number };
  readonly values: readonly number[];
}

export interface Findings {
  readonly measures: readonly Measure[];
  readonly wanted: readonly Wanted[];
}

/** `open`: the median holds or not, but rounds are on both sides of the limit, so that more are needed. */
export function verdictOn({ wanted, values }: Wanted): 'yes' | 'no' | 'open, median yes' | 'open, median no' {
  const holds = (value: number) => ('atLeast' in wanted ? value >= wanted.atLeast : value <= wanted.atMost);
  if (values.every(holds)) return 'yes';
  if (!values.some(holds)) return 'no';
  return holds(median(values)) ? 'open, median yes' : 'open, median no';
}

/** Collects rounds into measures: the order of first mention is the order of rows. */
export class Notebook {
  readonly #part: string;
  readonly #measures = new Map<string, Measure & { readonly values: Record<string, number[]> }>();
  readonly #wanted: Wanted[] = [];

  constructor(part: string) {
    this.#part = part;
  }

  note(
    what: string,
    contestant: string,
    figures: Readonly<Record<string, readonly [value: number, better: Measure['better']]>>,
  ): void {
    for (const [figure, [value, better]] of Object.entries(figures)) {
      const key = keyOf(what, figure);
      const measure = this.#measures.get(key) ?? { part: this.#part, what, figure, better, values: {} };
      this.#measures.set(key, measure);
      measure.values[contestant] ??= [];
      measure.values[contestant].push(value);
    }
  }

  /** The values of one contestant, a round each; empty when it was not measured. */
  values(what: string, figure: string, contestant: string): readonly number[] {
    return this.#measures.get(keyOf(what, figure))?.values[contestant] ?? [];
  }

  /** States what is wanted of a ratio, unless one side of it was not measured. */
  wantRatio(
    what: string,
    figure: string,
    [ours, theirs]: readonly [string, string],
    wanted: Wanted['wanted'],
  ) {
    const others = this.values(what, figure, theirs);
    const values = this.values(what, figure, ours).map((value, round) => value / others[round]!);
    this.want(`${what}: ${figure}, ${ours} / ${theirs}`, values, wanted);
  }

  want(what: string, values: readonly number[], wanted: Wanted['wanted']): void {
    const known = values.filter((value) => !Number.isNaN(value));
    if (known.length > 0) this.#wanted.push({ part: this.#part, what, wanted, values: known });
  }

  get findings(): Findings {
    return { measures: [...this.#measures.values()], wanted: this.#wanted };
  }
}

function keyOf(what: string, figure: string): string {
  return `${what}\n${figure}`;
}
