/** What the manager asks about the past. Kept in memory here, and over a restart by past-file.ts. */
import type {
  Event,
  History,
  HistoryQuery,
  NewEvent,
  Outage,
  PastQuery,
  SecondCells,
} from '../contract/index.ts';
import type { Frame } from './frame.ts';
import { OutageWatch } from './outage-watch.ts';
import { EventLog, type ListLimits, OutageList } from './past-lists.ts';
import { cellAt, readHistory } from './read-history.ts';
import { Samples } from './samples.ts';
import type { KeptFrame } from './tier.ts';
import type { KeptTrack } from './tracks.ts';

/** What bounds the past; see DEFAULT_PAST_LIMITS. */
export interface PastLimits {
  /** Of frames. When they run out the past gets shorter for all. */
  readonly maxBytes: number;
  readonly events: ListLimits;
  readonly outages: ListLimits;
}

/** Everything that is kept over a restart. */
export interface PastContent {
  readonly nextEventId: number;
  readonly nextOutageId: number;
  /** By their numbers. */
  readonly events: readonly Event[];
  readonly outages: readonly Outage[];
  readonly tracks: readonly KeptTrack[];
  /** Oldest first; a second each, and ten seconds each. */
  readonly fine: readonly KeptFrame[];
  readonly coarse: readonly KeptFrame[];
}

const LIST_LIMITS: ListLimits = { maxCount: 10_000, maxAgeSeconds: 30 * 86_400 };
const DEFAULT_PAST_LIMITS: PastLimits = {
  maxBytes: 32 * 1024 * 1024,
  events: LIST_LIMITS,
  outages: LIST_LIMITS,
};

/** Of each tier in a file: a client's day is a quarter of it, a server with many sessions keeps its newest. */
const MAX_FILE_BYTES_PER_TIER = 4 * 1024 * 1024;

export class Past {
  readonly #samples: Samples;
  readonly #events: EventLog;
  readonly #outages: OutageList;
  readonly #watch: OutageWatch;

  constructor(limits: Partial<PastLimits> = {}) {
    const { maxBytes, events, outages } = { ...DEFAULT_PAST_LIMITS, ...limits };
    this.#samples = new Samples(maxBytes);
    this.#events = new EventLog(events);
    this.#outages = new OutageList(outages);
    this.#watch = new OutageWatch(() => this.#outages.takeId());
  }

  /** Keeps a second. Returns the outages that it began, continued or ended. */
  addFrame(frame: Frame): Outage[] {
    const { tracks } = this.#samples;
    const told = this.#watch.see(this.#samples.add(frame), (id) => tracks.get(id));
    for (const outage of told) this.#outages.put(outage);
    this.#outages.forgetOld(frame.at);
    return told;
  }

  /** Cells of a session's tracks; the tracks of a session that is not known are none. */
  history(session: string, query: HistoryQuery, nowSeconds: number): History {
    return readHistory(this.#samples, session, query, nowSeconds);
  }

  /** The last second that came in this run, if it mentions the session. */
  newest(session: string): SecondCells | undefined {
    const { newest, tracks } = this.#samples;
    if (newest === undefined) return;
    const cells: Record<string, number[]> = {};
    for (const { id, name } of tracks.ofSession(session)) {
      const index = newest.ids.indexOf(id);
      if (index >= 0) cells[name] = cellAt(newest.rows, index);
    }
    return Object.keys(cells).length === 0 ? undefined : { at: newest.at, cells };
  }

  /** Gives an event its number and keeps it. */
  addEvent(event: NewEvent): Event {
    return this.#events.add(event);
  }

  /** What its frames take, for those who watch over it. */
  get size(): { readonly bytes: number; readonly frames: number; readonly tracks: number } {
    const { bytes, fine, coarse, tracks } = this.#samples;
    return { bytes, frames: fine.frames.length + coarse.frames.length, tracks: tracks.size };
  }

  /** Newest first. */
  events(query: PastQuery): Event[] {
    return this.#events.query(query);
  }

  /** Newest first; those that last have no end. */
  outages(query: PastQuery): Outage[] {
    return this.#outages.query(query);
  }

  /** What a file keeps; it stays as it is while the past goes on. */
  content(): PastContent {
    const { tracks } = this.#samples;
    const fine = newestOf(this.#samples.fine.frames);
    const coarse = newestOf(this.#samples.coarse.frames);
    const lists = new Set([...fine, ...coarse].map(({ ids }) => ids));
    const mentioned = new Set([...lists].flatMap((ids) => [...ids]));
    return {
      nextEventId: this.#events.nextId,
      nextOutageId: this.#outages.nextId,
      events: [...this.#events.all],
      outages: this.#outages.all,
      tracks: [...mentioned].flatMap((id) => tracks.get(id) ?? []),
      fine,
      coarse,
    };
  }

  /** Takes over what a file kept. Outages that lasted ended with the last second that it knows. */
  restore(content: PastContent): void {
    for (const track of content.tracks) this.#samples.tracks.restore(track);
    this.#samples.restore(content.fine, content.coarse);
    this.#events.restore(content.events, content.nextEventId);
    this.#outages.restore(content.outages.map(ended), content.nextOutageId);
  }
}

function newestOf(frames: readonly KeptFrame[]): KeptFrame[] {
  let bytes = 0;
  const first = frames.findLastIndex(({ rows }) => {
    bytes += rows.byteLength;
    return bytes > MAX_FILE_BYTES_PER_TIER;
  });
  return frames.slice(first + 1);
}

function ended(outage: Outage): Outage {
  if (outage.to !== null) return outage;
  return { ...outage, to: new Date(Date.parse(outage.from) + outage.seconds * 1000).toISOString() };
}
