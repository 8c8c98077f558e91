/** A link as the manager shows it: what the plan says of it and what its counters say, in one shape. */
import {
  type Path,
  type PathFigures,
  type PathState,
  WINDOW_NAMES,
  type WindowName,
} from '../contract/index.ts';
import type { Counters } from '../net/index.ts';
import type { LinkGauge, SessionGauge } from './session-gauge.ts';

const NO_RATES = { inBitsPerSecond: 0, outBitsPerSecond: 0, inPacketsPerSecond: 0, outPacketsPerSecond: 0 };
const NO_FIGURES: PathFigures = {
  packetsIn: 0,
  bytesIn: 0,
  packetsOut: 0,
  bytesOut: 0,
  first: 0,
  late: 0,
  differing: 0,
  lost: 0,
  rescued: 0,
  lossShare: null,
  firstShare: null,
  latenessMs: null,
};

/** Everything about a link that its counters don't know. */
export type PathFacts = Omit<
  Path,
  'lastSeconds' | 'silentSeconds' | 'rates' | 'windows' | 'jitterMs' | 'longestSilenceMs' | 'state'
> & {
  /** Only of a link without a socket. */
  readonly state?: 'down' | 'excluded';
};

/** @param link its gauge; absent: it has never been open */
export function viewPath(
  facts: PathFacts,
  counters: Counters,
  session: SessionGauge,
  link: LinkGauge | undefined,
  nowMs: number,
): Path {
  if (link === undefined) {
    return {
      ...facts,
      state: facts.state ?? 'down',
      lastSeconds: null,
      silentSeconds: 0,
      rates: NO_RATES,
      windows: forEachWindow(() => NO_FIGURES),
      jitterMs: 0,
      longestSilenceMs: 0,
    };
  }
  const { place, isOpen, silence, figures } = link;
  const sinceMs = silence?.sinceMs ?? 0;
  const counter = (column: 'jitterUs' | 'longestSilenceMs') =>
    isOpen ? counters.path(place.path, column) : 0;
  return {
    ...facts,
    state: stateOf(facts, link),
    reason: facts.reason || whySuspect(link),
    lastSeconds: secondsSince(session.lastInMs(link), nowMs),
    silentSeconds: secondsSince(sinceMs, nowMs) ?? 0,
    rates: isOpen ? figures.rates() : NO_RATES,
    windows: forEachWindow((window) => figures.figures(window)),
    jitterMs: counter('jitterUs') / 1000,
    longestSilenceMs: counter('longestSilenceMs'),
  };
}

/** @param facts of the link; an open one's have no state */
export function stateOf(facts: Pick<PathFacts, 'state'>, link: LinkGauge | undefined): PathState {
  if (facts.state !== undefined) return facts.state;
  if (link?.silence === undefined) return 'down';
  return link.silence.sinceMs !== 0 || link.silence.isUnheard ? 'suspect' : 'up';
}

/** null: never. */
export function secondsSince(sinceMs: number, nowMs: number): number | null {
  return sinceMs === 0 ? null : Math.max(0, Math.round(nowMs - sinceMs) / 1000);
}

export function forEachWindow<T>(of: (window: WindowName) => T): Record<WindowName, T> {
  return Object.fromEntries(WINDOW_NAMES.map((window) => [window, of(window)])) as Record<WindowName, T>;
}

function whySuspect({ silence }: LinkGauge): string {
  if (silence === undefined) return '';
  if (silence.sinceMs !== 0) return 'sends, but nothing comes in, though other links deliver';
  return silence.isUnheard ? 'sends, but nothing has ever come in' : '';
}
