/**
 * The management server as a whole: routes, guards, streams, the past and the listening socket. What it is told
 * by control goes through here; the thread around it only carries messages.
 */
import { createApp } from './app.ts';
import type { Control, Log, PastRecord } from './control.ts';
import { Listener, type ListenerParts } from './listener.ts';
import { Feed } from './live/feed.ts';
import { beginningStreams } from './live/streaming.ts';
import type { ManagerSettings, ManagerStart, ToManager } from './protocol.ts';
import { Credentials } from './safety/credentials.ts';
import { OwnNames } from './safety/host-guard.ts';

/** What the manager is given; the times are for tests. */
export interface ManagerParts extends Pick<ManagerStart, 'role' | 'version'>, Omit<ListenerParts, 'fetch'> {
  readonly settings: ManagerSettings;
  readonly control: Control;
  readonly past: PastRecord;
  readonly webRoot: string;
  readonly log: Log;
}

/** What is told to the manager without being an answer. */
export type News =
  | Extract<ToManager, { readonly is: 'frame' | 'event' | 'changed' }>
  | { readonly is: 'settings'; readonly settings: ManagerSettings };

/** Listens from its construction until `stop()`. */
export class Manager {
  readonly #past: PastRecord;
  readonly #feed: Feed;
  readonly #credentials = new Credentials();
  readonly #names = new OwnNames();
  readonly #listener: Listener;
  #settings: ManagerSettings;

  constructor(parts: ManagerParts) {
    const { role, version, settings, control, past, webRoot, log } = parts;
    this.#past = past;
    this.#feed = new Feed(control, past, log);
    this.#settings = settings;
    const credentials = this.#credentials;
    const app = createApp({
      role,
      version,
      control,
      past,
      feed: this.#feed,
      credentials,
      names: this.#names,
      webRoot,
      log,
    });
    this.#listener = new Listener({
      ...parts,
      fetch: beginningStreams((request, bindings) => app.fetch(request, bindings)),
    });
    this.#apply(settings);
  }

  /** Open streams, for tests and figures. */
  get viewers(): number {
    return this.#feed.size;
  }

  tell(news: News): void {
    switch (news.is) {
      case 'frame':
        this.#feed.tellOutages(this.#past.addFrame(news.frame));
        this.#feed.tellSecond();
        break;
      case 'event':
        this.#feed.tellEvent(this.#past.addEvent(news.event));
        break;
      case 'changed':
        this.#feed.tellChanged();
        break;
      case 'settings':
        this.#change(news.settings);
        break;
    }
  }

  async stop(): Promise<void> {
    this.#feed.closeAll();
    await this.#listener.close();
  }

  /** Who knew the old password has to know the new one, on open streams too. */
  #change(settings: ManagerSettings): void {
    const { username, password } = this.#settings;
    if (username !== settings.username || password !== settings.password) this.#feed.closeAll();
    this.#settings = settings;
    this.#apply(settings);
  }

  #apply(settings: ManagerSettings): void {
    this.#credentials.set(settings.username, settings.password, settings.metricsToken);
    this.#names.set(settings.allowedHosts);
    this.#listener.listen(settings);
  }
}
