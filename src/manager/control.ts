/** All that the manager knows of the rest of the program. Each promise fails when control does not answer. */
import type {
  Action,
  ActionResult,
  Event,
  History,
  HistoryQuery,
  MetricsSnapshot,
  NewEvent,
  Outage,
  Overview,
  PastQuery,
  SecondCells,
  Session,
  SessionList,
  SessionQuery,
} from '../contract/index.ts';
import type { Frame } from '../history/index.ts';
import type { Answers } from './protocol.ts';

/** What is true now, and what can be done about it. */
export interface Control {
  overview(): Promise<Overview>;
  sessions(query: SessionQuery): Promise<SessionList>;
  /** undefined: there is none of this id. */
  session(id: string): Promise<Session | undefined>;
  addresses(): Promise<Answers['addresses']>;
  metrics(): Promise<MetricsSnapshot>;
  act(action: Action): Promise<ActionResult>;
}

/** What was. `Past` of src/history is one. */
export interface PastRecord {
  /** Returns the outages that this second began, changed or ended. */
  addFrame(frame: Frame): readonly Outage[];
  addEvent(event: NewEvent): Event;
  history(session: string, query: HistoryQuery, nowSeconds: number): History;
  newest(session: string): SecondCells | undefined;
  events(query: PastQuery): Event[];
  outages(query: PastQuery): Outage[];
}

/** Where the manager's lines go. */
export type Log = (level: 'info' | 'warn' | 'error', message: string) => void;
