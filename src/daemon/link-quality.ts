/**
 * The links' figures, kept up to date from the counters, and reported when somebody asks: at the end, and
 * on SIGUSR2. On a client a link is an interface (or configured path) and keeps its figures while it comes
 * and goes; on a server it is an address and is forgotten with it.
 */
import { type Counters, nowMs } from '../net/index.ts';
import { type PathFigures, PathWindows, type WhatIf, whatIf } from '../quality/index.ts';
import type { Log } from '../telemetry/index.ts';

const SAMPLE_EVERY_MS = 1_000;
/** A report names this many sessions, the busiest first. */
const MOST_REPORTED = 20;

export interface LinkPlace {
  readonly name: string;
  /** Its number in the counters, its session, and its slot there. */
  readonly path: number;
  readonly session: number;
  readonly slot: number;
}

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
  readonly session: number;
  readonly packets: number;
  /** Packets that no link made good. */
  readonly lost: number;
  readonly duplicatesDropped: number;
  readonly links: readonly LinkReport[];
  readonly whatIf: readonly (Omit<WhatIf, 'slots'> & { readonly links: readonly string[] })[];
}

interface Link {
  place: LinkPlace;
  isOpen: boolean;
  readonly windows: PathWindows;
}

export class LinkQuality {
  readonly #counters: Counters;
  readonly #links = new Map<string, Link>();
  readonly #timer: NodeJS.Timeout;

  constructor(counters: Counters) {
    this.#counters = counters;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
    this.#timer.unref();
  }

  /** A link carries (again), at this place. */
  opened(place: LinkPlace): void {
    const link = this.#links.get(place.name) ?? {
      place,
      isOpen: true,
      windows: new PathWindows(this.#counters, nowMs()),
    };
    link.place = place;
    link.isOpen = true;
    link.windows.open(place.path, place.session);
    this.#links.set(place.name, link);
  }

  /** It carries no longer; its figures stay. Call it before its place is given to another. */
  closed(name: string): void {
    const link = this.#links.get(name);
    if (link === undefined) return;
    link.windows.close();
    link.isOpen = false;
  }

  forget(name: string): void {
    this.#links.delete(name);
  }

  report(): SessionReport[] {
    const sessions = new Map<number, Link[]>();
    for (const link of this.#links.values()) {
      const { session } = link.place;
      sessions.set(session, [...(sessions.get(session) ?? []), link]);
    }
    const reports = [...sessions].map(([session, links]) => this.#reportSession(session, links));
    return reports.sort((a, b) => b.packets - a.packets).slice(0, MOST_REPORTED);
  }

  /** Writes the report: a line per session and one per link. */
  log(log: Log): void {
    for (const report of this.report()) {
      const { session, packets, lost, duplicatesDropped, links } = report;
      if (packets === 0) continue;
      log.info(
        { quality: report },
        `session ${session}: ${packets} packets received, ${lost} lost on all links, ${duplicatesDropped} late copies dropped`,
      );
      for (const link of links) log.info({ link: link.name }, describe(link));
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const now = nowMs();
    for (const { windows } of this.#links.values()) windows.sample(now);
  }

  #reportSession(session: number, links: readonly Link[]): SessionReport {
    const nameOf = new Map(links.map(({ place }) => [place.slot, place.name]));
    const rows = whatIf(this.#counters, session, [...nameOf.keys()]);
    return {
      session,
      packets: this.#counters.session(session, 'packets'),
      lost: this.#counters.session(session, 'lost'),
      duplicatesDropped: this.#counters.session(session, 'duplicatesDropped'),
      links: links.map((link) => this.#reportLink(link)),
      whatIf: rows.map(({ slots, lost, lossShare }) => ({
        links: slots.map((slot) => nameOf.get(slot) ?? '?'),
        lost,
        lossShare,
      })),
    };
  }

  #reportLink({ place, isOpen, windows }: Link): LinkReport {
    const counter = (column: 'jitterUs' | 'longestSilenceMs' | 'lastInMs') =>
      isOpen ? this.#counters.path(place.path, column) : 0;
    const lastInMs = counter('lastInMs');
    return {
      name: place.name,
      start: windows.figures('start'),
      '15m': windows.figures('15m'),
      '1m': windows.figures('1m'),
      '10s': windows.figures('10s'),
      jitterMs: counter('jitterUs') / 1000,
      longestSilenceMs: counter('longestSilenceMs'),
      lastSeconds: lastInMs === 0 ? null : Math.floor((nowMs() - lastInMs) / 1000),
    };
  }
}

function describe({ name, start }: LinkReport): string {
  const loss = start.lossShare === null ? 'nothing settled' : `${(start.lossShare * 100).toFixed(2)} % lost`;
  const lateness =
    start.latenessMs === null
      ? ''
      : `, ${start.latenessMs.median.toFixed(1)} ms later than the first (p95 ${start.latenessMs.p95.toFixed(1)})`;
  return `link ${name}: ${loss}, ${start.first} first, ${start.late} late, ${start.rescued} rescued${lateness}`;
}
