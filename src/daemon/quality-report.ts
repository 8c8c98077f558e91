/** The links' figures in the log: at the end, and on SIGUSR2. */
import type { PathFigures, WhatIfRow } from '../contract/index.ts';
import { nowMs } from '../net/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { Gauges } from './gauges.ts';
import type { LinkGauge, SessionGauge } from './session-gauge.ts';

/** A report names this many sessions, the busiest first. */
const MOST_REPORTED = 20;

export interface LinkReport {
  readonly name: string;
  readonly start: PathFigures;
  readonly '15m': PathFigures;
  readonly '1m': PathFigures;
  readonly '10s': PathFigures;
  readonly jitterMs: number;
  readonly longestSilenceMs: number;
  /** Seconds since the last copy came; null: never. */
  readonly lastSeconds: number | null;
}

export interface SessionReport {
  readonly session: string;
  readonly packets: number;
  /** Packets that no link made good. */
  readonly lost: number;
  readonly duplicatesDropped: number;
  readonly links: readonly LinkReport[];
  readonly whatIf: readonly WhatIfRow[];
}

/** Writes a line per session and one per link. */
export function logQuality(gauges: Gauges, log: Log): void {
  const reports = [...gauges.sessions()].map((session) => reportOf(session, gauges));
  reports.sort((a, b) => b.packets - a.packets);
  for (const report of reports.slice(0, MOST_REPORTED)) {
    const { session, packets, lost, duplicatesDropped, links } = report;
    if (packets === 0) continue;
    log.info(
      { quality: report },
      `session ${session}: ${packets} packets received, ${lost} lost on all links, ${duplicatesDropped} late copies dropped`,
    );
    for (const link of links) log.info({ link: link.name }, describe(link));
  }
}

function reportOf(session: SessionGauge, gauges: Gauges): SessionReport {
  const { packets, lost, duplicatesDropped } = session.tunnel.figures('start');
  return {
    session: session.id,
    packets,
    lost,
    duplicatesDropped,
    links: [...session.links()].map((link) => reportLink(session, link, gauges)),
    whatIf: session.whatIf(),
  };
}

function reportLink(session: SessionGauge, link: LinkGauge, { counters }: Gauges): LinkReport {
  const { name, place, figures, isOpen } = link;
  const lastInMs = session.lastInMs(link);
  return {
    name,
    start: figures.figures('start'),
    '15m': figures.figures('15m'),
    '1m': figures.figures('1m'),
    '10s': figures.figures('10s'),
    jitterMs: isOpen ? counters.path(place.path, 'jitterUs') / 1000 : 0,
    longestSilenceMs: isOpen ? counters.path(place.path, 'longestSilenceMs') : 0,
    lastSeconds: lastInMs === 0 ? null : Math.floor((nowMs() - lastInMs) / 1000),
  };
}

function describe({ name, start }: LinkReport): string {
  const loss = start.lossShare === null ? 'nothing settled' : `${(start.lossShare * 100).toFixed(2)} % lost`;
  const lateness =
    start.latenessMs === null
      ? ''
      : `, ${start.latenessMs.median.toFixed(1)} ms later than the first (p95 ${start.latenessMs.p95.toFixed(1)})`;
  return `link ${name}: ${loss}, ${start.first} first, ${start.late} late, ${start.rescued} rescued${lateness}`;
}
