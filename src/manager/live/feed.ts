/**
 * What all open streams are told, and when: the state every second and as soon as it changes, seconds, events
 * and outages as they happen. Control is asked only while somebody looks, and once for all who do.
 */
import type { Event, Outage } from '../../contract/index.ts';
import type { Control, Log, PastRecord } from '../control.ts';
import { Refusal } from '../refusal.ts';
import { Outbox } from './outbox.ts';
import { COMMENT, encodeEvent, Viewer } from './viewer.ts';

/** Streams at once; the next one is answered 503. A browser opens one per page. */
export const MAX_VIEWERS = 512;
/** The state follows each second over, so that both go in one write; without seconds it comes by itself. */
const REFRESH_MS = 1200;
/** Changes come in bursts: the first is told at once, the others together so much later. */
const CHANGE_GAP_MS = 100;
const COMMENT_MS = 15_000;

/** The live part of the API. */
export class Feed {
  readonly #control: Control;
  readonly #past: PastRecord;
  readonly #log: Log;
  readonly #viewers = new Set<Viewer>();
  readonly #outbox = new Outbox();
  /** A client's only session, known from its overview. */
  #ownSession: string | undefined;
  /** The newest overview, told or on its way: what a new viewer begins with costs no question. */
  #overview: Promise<Uint8Array> | undefined;
  #isRefreshing = false;
  #isStale = false;
  #hasChangedAgain = false;
  #changeTimer: NodeJS.Timeout | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #commentTimer: NodeJS.Timeout | undefined;
  #isSilent = false;
  /** Outages that have begun, by id. */
  readonly #lasting = new Set<number>();

  constructor(control: Control, past: PastRecord, log: Log) {
    this.#control = control;
    this.#past = past;
    this.#log = log;
  }

  /** How many look. */
  get size(): number {
    return this.#viewers.size;
  }

  /**
   * Opens a stream, which waits for its `begin()`; the state follows as soon as control has told it.
   * @throws Refusal when there are too many
   */
  open(session: string | undefined): Viewer {
    if (this.#viewers.size >= MAX_VIEWERS) {
      throw new Refusal(
        503,
        'too-many-streams',
        `Cannot open another stream: ${MAX_VIEWERS} are open, no more are possible`,
      );
    }
    const viewer = new Viewer(session, (ended) => this.#remove(ended));
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1) this.#start();
    void this.#welcome(viewer);
    return viewer;
  }

  /** A second is over, and the past has it. */
  tellSecond(): void {
    for (const [session, viewers] of this.#bySession(this.#ownSession)) {
      const second = this.#past.newest(session);
      if (second !== undefined) this.#outbox.add(viewers, encodeEvent('second', second));
    }
    if (this.size === 0) return;
    this.#refreshTimer?.refresh();
    void this.#refresh();
  }

  tellEvent(event: Event): void {
    if (this.size > 0) this.#outbox.add(this.#viewers, encodeEvent('event', event));
  }

  /** Beginnings and ends are for everybody; that one lasts, and how long, for who looks at its session. */
  tellOutages(outages: readonly Outage[]): void {
    const bySession = this.#bySession(this.#ownSession);
    for (const outage of outages) {
      const isNews = outage.to !== null || !this.#lasting.has(outage.id);
      if (outage.to === null) this.#lasting.add(outage.id);
      else this.#lasting.delete(outage.id);
      const viewers = isNews ? [...this.#viewers] : (bySession.get(outage.session) ?? []);
      if (viewers.length > 0) this.#outbox.add(viewers, encodeEvent('outage', outage));
    }
  }

  /** A link's state changed. */
  tellChanged(): void {
    if (this.size === 0) return;
    this.#hasChangedAgain = this.#changeTimer !== undefined;
    if (this.#hasChangedAgain) return;
    this.#changeTimer = setTimeout(() => {
      this.#changeTimer = undefined;
      if (this.#hasChangedAgain) this.tellChanged();
    }, CHANGE_GAP_MS);
    void this.#refresh();
  }

  /** Ends every stream: credentials changed, or the manager stops. */
  closeAll(): void {
    for (const viewer of [...this.#viewers]) viewer.end();
  }

  #start(): void {
    this.#refreshTimer = setInterval(() => void this.#refresh(), REFRESH_MS);
    this.#commentTimer = setInterval(() => this.#outbox.add(this.#viewers, COMMENT), COMMENT_MS);
  }

  #remove(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    this.#outbox.forget(viewer);
    if (this.size > 0) return;
    clearInterval(this.#refreshTimer);
    clearInterval(this.#commentTimer);
    clearTimeout(this.#changeTimer);
    this.#changeTimer = undefined;
    this.#overview = undefined;
  }

  async #welcome(viewer: Viewer): Promise<void> {
    await this.#orLog(async () => {
      this.#overview ??= this.#askOverview();
      this.#outbox.add([viewer], await this.#overview);
      if (viewer.session !== undefined) await this.#tellSession(viewer.session, [viewer]);
    });
  }

  /** Asks and tells; a change meanwhile asks once more, for the answer may be older than it. */
  async #refresh(): Promise<void> {
    this.#isStale = true;
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    while (this.#isStale && this.size > 0) {
      this.#isStale = false;
      await this.#orLog(async () => {
        this.#overview = this.#askOverview();
        this.#outbox.add(this.#viewers, await this.#overview);
        const sessions = [...this.#bySession(undefined)];
        await Promise.all(sessions.map(([session, viewers]) => this.#tellSession(session, viewers)));
      });
    }
    this.#isRefreshing = false;
  }

  async #askOverview(): Promise<Uint8Array> {
    const overview = await this.#control.overview();
    if (overview.role === 'client') this.#ownSession = overview.session.id;
    return encodeEvent('overview', overview);
  }

  async #tellSession(id: string, viewers: readonly Viewer[]): Promise<void> {
    const session = await this.#control.session(id);
    if (session !== undefined) return this.#outbox.add(viewers, encodeEvent('session', session));
    const gone = encodeEvent('gone', { session: id });
    this.#outbox.add(viewers, gone);
    for (const viewer of viewers) {
      this.#outbox.flush(viewer);
      viewer.end();
    }
  }

  /** The viewers of each session; those who asked for none look at `otherwise`. */
  #bySession(otherwise: string | undefined): Map<string, Viewer[]> {
    const groups = new Map<string, Viewer[]>();
    for (const viewer of this.#viewers) {
      const session = viewer.session ?? otherwise;
      if (session === undefined) continue;
      const group = groups.get(session);
      if (group === undefined) groups.set(session, [viewer]);
      else group.push(viewer);
    }
    return groups;
  }

  /** When control is silent the streams stay open, and the page sees by itself that nothing comes. */
  async #orLog(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#isSilent = false;
    } catch (error) {
      this.#overview = undefined;
      if (!this.#isSilent) this.#log('warn', `Cannot tell open pages what is new: ${String(error)}`);
      this.#isSilent = true;
    }
  }
}
