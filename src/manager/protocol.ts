/**
 * What the control thread and the manager's thread say to each other. The manager owns HTTP and the past;
 * control owns the links and everything that is true now. The manager asks, control answers with the same
 * number; seconds, events and changes are told as they happen.
 */
import type {
  Action,
  ActionResult,
  MetricsSnapshot,
  NewEvent,
  Overview,
  Session,
  SessionList,
  SessionQuery,
} from '../contract/index.ts';
import type { Frame } from '../history/index.ts';
import type { PushSettings } from '../metrics/index.ts';

/** How the manager listens and whom it lets in. */
export interface ManagerSettings {
  /** An IP literal. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Opens `/metrics` and nothing else; empty: none. */
  readonly metricsToken: string;
  /** Further names by which browsers reach it. */
  readonly allowedHosts: readonly string[];
  /** PEM files, read again when they change. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/** Handed to the thread at its start. */
export interface ManagerStart {
  readonly role: 'client' | 'server';
  readonly version: string;
  /** Absent: it listens nowhere, and is there for the sake of `push`. */
  readonly settings?: ManagerSettings | undefined;
  /** Part of this program's name in metrics. */
  readonly listenPort: number;
  /** Where to push metrics; absent: nowhere. */
  readonly push?: PushSettings | undefined;
  /** Where the past is kept over a restart; absent: nowhere. */
  readonly historyFile?: string;
  /** Folder of the built web interface; absent: the one beside this program. */
  readonly webRoot?: string;
}

/** What the manager asks control; the answers are in `Answers`. */
export type Question =
  | { readonly what: 'overview' }
  /** Of a client too: a list of one. */
  | { readonly what: 'sessions'; readonly query: SessionQuery }
  | { readonly what: 'session'; readonly id: string }
  /** Every address with traffic, for version 1 of the API; a server's only. */
  | { readonly what: 'addresses' }
  | { readonly what: 'metrics' }
  | { readonly what: 'action'; readonly action: Action };

export interface Answers {
  readonly overview: Overview;
  readonly sessions: SessionList;
  readonly session: Session | undefined;
  readonly addresses: readonly { readonly address: string; readonly lastSeconds: number | null }[];
  readonly metrics: MetricsSnapshot;
  readonly action: ActionResult;
}

export type ToManager =
  | { readonly is: 'answer'; readonly id: number; readonly answer: Answers[keyof Answers] }
  /** Control could not answer, for a reason that it did not foresee; the asker gets a 500. */
  | { readonly is: 'no-answer'; readonly id: number; readonly message: string }
  | { readonly is: 'frame'; readonly frame: Frame }
  | { readonly is: 'event'; readonly event: NewEvent }
  /** A link's state changed: whoever watches wants to know at once. */
  | { readonly is: 'changed' }
  /** Absent settings: listen no longer. */
  | { readonly is: 'settings'; readonly settings?: ManagerSettings | undefined }
  /** Keep the past and end. */
  | { readonly is: 'stop' };

export type FromManager =
  | { readonly is: 'ask'; readonly id: number; readonly question: Question }
  /** Again after each move. `address` is host and port, `url` what a browser wants. */
  | { readonly is: 'listening'; readonly address: string; readonly url: string }
  | { readonly is: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly is: 'stopped' };
