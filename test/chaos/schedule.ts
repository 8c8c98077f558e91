/**
 * From a seed to a list of steps: what goes wrong, where, when and for how long. Pure; runner.ts carries it out.
 * At every instant one guard path works and has done so for `settleMs`: that is what the whole run promises, since
 * nothing may be lost then.
 */
import { Random } from '../simnet/random.ts';
import {
  forbidsSockets,
  guardPaths,
  type KindName,
  kindNames,
  kinds,
  lanesOf,
  opensSocket,
  pathAtRisk,
} from './kinds.ts';

/** After its fault is undone a path is not relied upon for so long: it is opened, tried and trusted again. */
export const settleMs = 1_000;
/** Before the first step, and after the last. */
const quietMs = 1_500;
/** Between the beginnings of two steps. */
const pauseMs = [30, 500] as const;
/** Steps that restart something have no duration of their own: so long is kept free for them. */
const restartMs = 4_500;
/** A step that does not fit is moved on by the first until it does, and given up after the second. */
const delayMs = 250;
const mostDelayMs = 20_000;
/** Two steps that begin so far apart have nothing to do with each other, settling and rest included. */
const longestMs = 20_000;

export interface Step {
  readonly atMs: number;
  /** 0: it is over when it is done. */
  readonly lastsMs: number;
  readonly kind: KindName;
  readonly target: string;
  /** For what else is drawn at random in carrying it out. */
  readonly seed: number;
}

/** A span of time, `toMs` not included. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface ScheduleOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Kinds to choose from; all unless told otherwise. */
  readonly only?: readonly KindName[];
}

/** Steps in order of their beginning; all are over `quietMs` before the end. */
export function makeSchedule({ seed, durationMs, only = kindNames }: ScheduleOptions): Step[] {
  const random = new Random(seed);
  const steps: Step[] = [];
  const counts = new Map<KindName, number>();
  const endMs = durationMs - quietMs;
  for (let atMs = quietMs; atMs < endMs; atMs += between(random, pauseMs)) {
    const kind = pickKind(random, only, counts);
    const { targets, lastsMs } = kinds[kind];
    const target = targets[random.whole(targets.length)]!;
    const step = { atMs, lastsMs: between(random, lastsMs), kind, target, seed: random.u32() };
    const near = steps.filter((other) => other.atMs > atMs - longestMs);
    // As soon as there is room for it: else what needs much room would never come.
    while (step.atMs < atMs + mostDelayMs && !fits(step, near)) step.atMs += delayMs;
    if (step.atMs >= atMs + mostDelayMs || occupied(step).toMs > endMs) continue;
    steps.push(step);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return steps.sort((one, other) => one.atMs - other.atMs);
}

/** When the step's lanes are its own. */
export function occupied({ atMs, lastsMs, kind }: Step): Span {
  const { restMs = 0 } = kinds[kind];
  return { fromMs: atMs, toMs: atMs + (lastsMs === 0 ? restartMs : lastsMs) + restMs };
}

/** When the guard path that the step hits cannot be relied upon. */
export function unreliable(step: Step): Span[] {
  const { atMs, lastsMs, kind, target } = step;
  if (pathAtRisk(kind, target) === undefined) return [];
  const endMs = atMs + lastsMs;
  if (kinds[kind].harm === 'all') return [{ fromMs: atMs, toMs: endMs + settleMs }];
  return [atMs, endMs].map((fromMs) => ({ fromMs, toMs: fromMs + settleMs }));
}

function fits(step: Step, others: readonly Step[]): boolean {
  const lanes = lanesOf(step.kind, step.target);
  for (const other of others) {
    if (!overlap(occupied(step), occupied(other))) continue;
    if (clash(step, other)) return false;
    if (lanesOf(other.kind, other.target).some((lane) => lanes.includes(lane))) return false;
  }
  return leavesOnePath([...others, step], unreliable(step));
}

export function clash(one: Step, other: Step): boolean {
  const forbids = (step: Step) => forbidsSockets(step.kind, step.target);
  return (forbids(one) && opensSocket(other.kind)) || (forbids(other) && opensSocket(one.kind));
}

/** Looks where the number of reliable paths can shrink: at the beginnings of unreliable spans. */
function leavesOnePath(steps: readonly Step[], spans: readonly Span[]): boolean {
  if (spans.length === 0) return true;
  const risks = steps.flatMap((step) =>
    unreliable(step)
      .filter((span) => spans.some((other) => overlap(span, other)))
      .map((span) => ({ path: pathAtRisk(step.kind, step.target), span })),
  );
  return risks.every(({ span: { fromMs } }) => {
    const down = risks.filter(({ span }) => isInside(fromMs, span)).map(({ path }) => path);
    return new Set(down).size < guardPaths.length;
  });
}

export function overlap(one: Span, other: Span): boolean {
  return one.fromMs < other.toMs && other.fromMs < one.toMs;
}

function isInside(atMs: number, { fromMs, toMs }: Span): boolean {
  return fromMs <= atMs && atMs < toMs;
}

/** By weight, less likely the more often it has been drawn. */
function pickKind(
  random: Random,
  names: readonly KindName[],
  counts: ReadonlyMap<KindName, number>,
): KindName {
  const shares = names.map((name) => kinds[name].weight / (1 + (counts.get(name) ?? 0)));
  let left = random.next() * shares.reduce((sum, share) => sum + share, 0);
  for (const [index, name] of names.entries()) {
    left -= shares[index]!;
    if (left < 0) return name;
  }
  return names.at(-1)!;
}

/** A whole number of ms, both ends included. */
function between(random: Random, [least, most]: readonly [number, number]): number {
  return least + random.whole(most - least + 1);
}
