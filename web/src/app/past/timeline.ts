/**
 * Where outages lie on a line of time: rows by link, bars by share of the range. Knows no words and no page.
 */
import type { Outage } from '../contract.ts';

/** A stretch of time to look at, in milliseconds of the Unix clock. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Bar {
  readonly outage: Outage;
  /** Percent of the row's width. */
  readonly leftPercent: number;
  readonly widthPercent: number;
}

/** The outages of one link, or of the tunnel itself. */
export interface Row {
  /** Unlike that of any other row, also of another session. */
  readonly key: string;
  readonly session: string;
  /** Undefined: the tunnel itself. */
  readonly path: string | undefined;
  /** Oldest first. */
  readonly bars: readonly Bar[];
  /** Together, within the range. */
  readonly seconds: number;
}

/** A mark under the rows. */
export interface Tick {
  readonly atMs: number;
  readonly leftPercent: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A label further right would run into "now". */
const LAST_TICK_PERCENT = 84;

/** A cell of a strip stands for minutes, so a click on it may miss its outage by so much. */
const NEAR_MS = 5 * MINUTE_MS;

/** A row for each of `known` in their order, then for each other link that had an outage. */
export function rowsOf(
  outages: readonly Outage[],
  known: readonly { readonly session: string; readonly path: string | undefined }[],
  range: Range,
): Row[] {
  const byRow = new Map<string, { session: string; path: string | undefined; outages: Outage[] }>();
  for (const { session, path } of known) byRow.set(rowKey(session, path), { session, path, outages: [] });
  for (const outage of outages) {
    const key = rowKey(outage.session, outage.path);
    const row = byRow.get(key) ?? { session: outage.session, path: outage.path, outages: [] };
    row.outages.push(outage);
    byRow.set(key, row);
  }
  return [...byRow].map(([key, { session, path, outages: own }]) => ({
    key,
    session,
    path,
    bars: own
      .filter((outage) => startMs(outage) < range.toMs && endMs(outage, range.toMs) > range.fromMs)
      .sort((a, b) => startMs(a) - startMs(b))
      .map((outage) => barOf(outage, range)),
    seconds: own.reduce((sum, outage) => sum + overlapMs(outage, range), 0) / 1000,
  }));
}

/** The bar under `percent` of a row's width, or the nearest one within `reachPercent`. */
export function barNear(bars: readonly Bar[], percent: number, reachPercent: number): Bar | undefined {
  let nearest: Bar | undefined;
  let least = reachPercent;
  for (const bar of bars) {
    const away = Math.max(bar.leftPercent - percent, percent - bar.leftPercent - bar.widthPercent, 0);
    if (away <= least) {
      least = away;
      nearest = bar;
    }
  }
  return nearest;
}

/** Quarters, full hours, or local midnights when the range is longer than a day; at most eight. */
export function ticksOf(range: Range): Tick[] {
  const lengthMs = range.toMs - range.fromMs;
  const stepMs = [0.25, 1, 3, 6, 12, 24, 72, 120, 168]
    .map((hours) => hours * HOUR_MS)
    .find((candidateMs) => lengthMs / candidateMs <= 8.01);
  if (stepMs === undefined) return [];
  const ticks: Tick[] = [];
  const first = new Date(range.fromMs);
  first.setHours(0, 0, 0, 0);
  for (const at = first; at.getTime() < range.toMs; advance(at, stepMs)) {
    const leftPercent = ((at.getTime() - range.fromMs) / lengthMs) * 100;
    if (leftPercent >= 0 && leftPercent <= LAST_TICK_PERCENT) ticks.push({ atMs: at.getTime(), leftPercent });
  }
  return ticks;
}

/** Those that last first, then the newest. */
export function newestFirst(outages: readonly Outage[]): Outage[] {
  return [...outages].sort(
    (a, b) => Number(b.to === null) - Number(a.to === null) || startMs(b) - startMs(a) || b.id - a.id,
  );
}

/** The outage of `path` (undefined: of any link or the tunnel) during `atMs`, or else the nearest one to it. */
export function outageAt(
  outages: readonly Outage[],
  path: string | undefined,
  atMs: number,
): Outage | undefined {
  const awayMs = (outage: Outage) =>
    Math.max(startMs(outage) - atMs, atMs - endMs(outage, Number.POSITIVE_INFINITY), 0);
  let nearest: Outage | undefined;
  let leastMs = Number.POSITIVE_INFINITY;
  for (const outage of outages) {
    if (path !== undefined && outage.path !== path) continue;
    // Of the tunnel is meant when no link is named, but a link's is better than none.
    const away = awayMs(outage) + (outage.path === path ? 0 : 1);
    if (away <= NEAR_MS && away < leastMs) {
      nearest = outage;
      leastMs = away;
    }
  }
  return nearest;
}

/** `listed` with what has changed since: an outage replaces the one with its number. */
export function withChanges(listed: readonly Outage[], changed: Iterable<Outage>): Outage[] {
  const byId = new Map(listed.map((outage) => [outage.id, outage]));
  for (const outage of changed) byId.set(outage.id, outage);
  return [...byId.values()];
}

function rowKey(session: string, path: string | undefined): string {
  return `${session}\n${path ?? ''}`;
}

function startMs(outage: Outage): number {
  return Date.parse(outage.from);
}

function endMs(outage: Outage, nowMs: number): number {
  return outage.to === null ? nowMs : Date.parse(outage.to);
}

function overlapMs(outage: Outage, range: Range): number {
  return Math.max(
    0,
    Math.min(endMs(outage, range.toMs), range.toMs) - Math.max(startMs(outage), range.fromMs),
  );
}

function barOf(outage: Outage, range: Range): Bar {
  const lengthMs = range.toMs - range.fromMs;
  return {
    outage,
    leftPercent: (Math.max(startMs(outage) - range.fromMs, 0) / lengthMs) * 100,
    widthPercent: (overlapMs(outage, range) / lengthMs) * 100,
  };
}

/** By the local calendar, so that midnights stay midnights when clocks change. */
function advance(at: Date, stepMs: number): void {
  if (stepMs % DAY_MS === 0) at.setDate(at.getDate() + stepMs / DAY_MS);
  else at.setMinutes(at.getMinutes() + stepMs / MINUTE_MS);
}
