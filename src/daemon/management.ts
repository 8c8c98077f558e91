/**
 * The manager's place in a role: started, changed and ended with the file's `webManager`; every second it
 * gets a cell of each link, and what happened as it happens. Without `webManager` nothing here costs anything.
 */

import type { ManagerConfig } from '../config/index.ts';
import type { NewEvent, Overview } from '../contract/index.ts';
import { historyFilePath } from '../history/index.ts';
import type { Answers, ManagerSettings, Question } from '../manager/index.ts';
import { type PushSettings, pushSettings } from '../metrics/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { Gauges } from './gauges.ts';
import { type ManagerHost, ManagerLink } from './manager-link.ts';
import type { Notify, RoleView } from './role-view.ts';
import { Seconds } from './seconds.ts';
import { Watched } from './watched.ts';

export interface ManagementParts {
  readonly role: Overview['role'];
  readonly version: string;
  readonly log: Log;
  readonly gauges: Gauges;
  readonly view: RoleView;
  /** Tells this instance's past from that of others on the same host. */
  readonly listenPort: number;
}

export class Management implements ManagerHost {
  readonly #parts: ManagementParts;
  readonly #seconds = new Seconds();
  /** Where to push metrics; undefined: nowhere. */
  readonly #push: PushSettings | undefined;
  #isRecording = false;
  #link: ManagerLink | undefined;
  readonly #watched: Watched;

  constructor(parts: ManagementParts) {
    this.#parts = parts;
    const push = pushSettings(process.env);
    if (typeof push === 'string') parts.log.error(push);
    else this.#push = push;
    this.#watched = new Watched(() => this.#look(), parts.view.watchedEveryMs);
    parts.gauges.everySecond(() => this.#second());
  }

  /** What the file says now. */
  follow(config: ManagerConfig | undefined): void {
    const settings = config && settingsOf(config);
    if (settings === undefined && this.#push === undefined) void this.stop();
    else if (this.#link === undefined) this.#begin(settings);
    else this.#link.follow(settings);
    this.#recordIf(settings !== undefined);
  }

  readonly notify: Notify = (kind, about, detail) => {
    const event: NewEvent = { at: new Date().toISOString(), kind, ...about, detail };
    this.#link?.event(event);
  };

  /** Something that pages show has changed. */
  changed(): void {
    this.#link?.changed();
  }

  async stop(): Promise<void> {
    this.#watched.stop();
    this.#recordIf(false);
    const link = this.#link;
    this.#link = undefined;
    await link?.stop();
  }

  onStart(): void {
    this.#seconds.forgetAll();
  }

  answer(question: Question): Promise<Answers[keyof Answers]> | Answers[keyof Answers] {
    const { view } = this.#parts;
    if (question.what === 'overview' || question.what === 'session') this.#watched.asked();
    switch (question.what) {
      case 'overview':
        return view.overview();
      case 'sessions':
        return view.sessions(question.query);
      case 'session':
        return view.session(question.id);
      case 'addresses':
        return view.addresses();
      case 'metrics':
        return view.metrics();
      case 'action':
        return view.act(question.action);
    }
  }

  #begin(settings: ManagerSettings | undefined): void {
    const { role, version, log, listenPort } = this.#parts;
    const historyFile = historyFilePath(role, listenPort);
    const start = { role, version, settings, listenPort, push: this.#push, historyFile };
    this.#link = new ManagerLink(start, log, this);
  }

  /** Nobody but pages wants the past. */
  #recordIf(isWanted: boolean): void {
    if (isWanted === this.#isRecording) return;
    this.#isRecording = isWanted;
    this.#seconds.forgetAll();
  }

  #second(): void {
    if (this.#link === undefined) return;
    this.#watched.second();
    if (this.#isRecording) this.#record();
  }

  #record(): void {
    for (const [session, links] of this.#parts.view.recorded()) this.#seconds.add(session, links);
    this.#link?.second(this.#seconds.take(Math.floor(Date.now() / 1000)));
  }

  #look(): void {
    if (this.#parts.view.look()) this.changed();
  }
}

function settingsOf({
  listenAddr,
  username,
  password,
  metricsToken,
  allowedHosts,
  tls,
}: ManagerConfig): ManagerSettings {
  const { host, port } = listenAddr;
  return { host, port, username, password, metricsToken, allowedHosts, ...(tls !== undefined && { tls }) };
}
