/**
 * What the page knows of the program, always the latest: one stream of events feeds these signals. When the
 * stream breaks they keep their last values and `connection` says how old those are.
 */
import { computed, effect, Injectable, signal } from '@angular/core';
import type { Event, History, Outage, Overview, SecondCells, Session, StreamEvents } from '../contract.ts';
import { ApiError, apiUrl, get, isRefused } from './api.ts';
import { emptyPast, LIVE_SPAN_SECONDS, withHistory, withSecond } from './past.ts';
import { Stream } from './stream.ts';

/** `refused`: the program wants a name and a password first; it is not asked again before a reload. */
export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'refused';

@Injectable({ providedIn: 'root' })
export class Live {
  readonly #overview = signal<Overview | undefined>(undefined);
  readonly #watched = signal<Session | undefined>(undefined);
  readonly #isGone = signal(false);
  readonly #past = signal<History>(emptyPast(Math.floor(Date.now() / 1000)));
  readonly #event = signal<Event | undefined>(undefined);
  readonly #outage = signal<Outage | undefined>(undefined);
  readonly #state = signal<Exclude<ConnectionState, 'refused'>>('connecting');
  readonly #newsMs = signal<number | undefined>(undefined);
  readonly #nowMs = signal(Date.now());
  #sessionId: string | undefined;
  #stream: Stream | undefined;
  /** The past has a gap before what the stream tells. */
  #hasGap = true;

  /** The program and what it carries; undefined before the first news. */
  readonly overview = this.#overview.asReadonly();
  /** A client's session, or the one of a server that is watched. */
  readonly session = computed(() => {
    const overview = this.#overview();
    return overview?.role === 'client' ? overview.session : this.#watched();
  });
  /** The watched session was closed. */
  readonly isGone = this.#isGone.asReadonly();
  /** The last 15 minutes of `session`, a cell per second; frozen while not connected. */
  readonly past = this.#past.asReadonly();
  /** The newest event and the newest change of an outage, for those who hold lists of them. */
  readonly newestEvent = this.#event.asReadonly();
  readonly newestOutage = this.#outage.asReadonly();
  readonly connection = computed<ConnectionState>(() => (isRefused() ? 'refused' : this.#state()));
  readonly isConnected = computed(() => this.connection() === 'connected');
  /** Since the last news, while not connected; null: there never were any. */
  readonly newsAgeSeconds = computed(() => {
    const newsMs = this.#newsMs();
    return newsMs === undefined ? null : Math.max(0, Math.round((this.#nowMs() - newsMs) / 1000));
  });
  /** The program's clock, to the second. */
  readonly nowSeconds = computed(() => this.#past().to);

  constructor() {
    this.watch(undefined);
    effect(() => {
      if (isRefused()) this.#stream?.close();
    });
    setInterval(() => {
      if (!this.isConnected()) this.#nowMs.set(Date.now());
    }, 1000);
  }

  /** On a server: also follows this session, until another or none is asked for. */
  watch(sessionId: string | undefined): void {
    if (this.#stream !== undefined && sessionId === this.#sessionId) return;
    this.#sessionId = sessionId;
    this.#watched.set(undefined);
    this.#isGone.set(false);
    this.#past.set(emptyPast(Math.floor(Date.now() / 1000)));
    this.#open(sessionId);
  }

  #open(sessionId: string | undefined): void {
    this.#stream?.close();
    if (isRefused()) return;
    this.#stream = new Stream(apiUrl(['stream'], { session: sessionId }), {
      opened: () => {
        this.#hasGap = true;
      },
      news: (name, data) => this.#take(name, data),
      lost: (refused) => this.#lose(refused),
    });
  }

  #take<Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name]): void {
    this.#newsMs.set(Date.now());
    this.#state.set('connected');
    if (name === 'overview') this.#takeOverview(data as Overview);
    else if (name === 'second') this.#past.set(withSecond(this.#past(), data as SecondCells));
    else if (name === 'session') this.#watched.set(data as Session);
    else if (name === 'gone') this.#goOnWithout();
    else if (name === 'event') this.#event.set(data as Event);
    else if (name === 'outage') this.#outage.set(data as Outage);
  }

  /** A page of another version may ask for files and fields that are not there any more. */
  #takeOverview(overview: Overview): void {
    const before = this.#overview()?.instance.version;
    if (before !== undefined && before !== overview.instance.version) location.reload();
    this.#overview.set(overview);
    const sessionId = overview.role === 'client' ? overview.session.id : this.#sessionId;
    if (this.#hasGap && sessionId !== undefined) void this.#fillPast(sessionId);
  }

  /** The session is closed: its last state stays, the stream goes on with the rest. */
  #goOnWithout(): void {
    this.#isGone.set(true);
    this.#open(undefined);
  }

  async #fillPast(sessionId: string): Promise<void> {
    this.#hasGap = false;
    try {
      const path = ['sessions', sessionId, 'history'];
      const history = await get<History>(path, { seconds: LIVE_SPAN_SECONDS });
      const isWanted = this.#sessionId === undefined || this.#sessionId === sessionId;
      if (isWanted) this.#past.set(withHistory(this.#past(), history));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // The next overview tries again; until then the strips have a gap.
      this.#hasGap = true;
    }
  }

  /** A stream says no more than that it did not open; a plain request says why. */
  async #lose(refused: boolean): Promise<void> {
    this.#nowMs.set(Date.now());
    this.#state.set('lost');
    if (!refused) return;
    const sessionId = this.#sessionId;
    try {
      await get(sessionId === undefined ? ['overview'] : ['sessions', sessionId]);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) this.#stream?.close();
      if (this.isConnected()) return;
      if (error.status === 404 && !this.#isGone()) this.#goOnWithout();
    }
  }
}
