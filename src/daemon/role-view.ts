/** What a role lets the manager see and do. */
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
import type { RecordedLink } from './seconds.ts';
import type { SessionGauge } from './session-gauge.ts';

export interface RoleView {
  /** How often to call `look()` while pages are open; else it is every second. */
  readonly watchedEveryMs: number;
  overview(): Overview;
  sessions(query: SessionQuery): SessionList;
  session(id: string): Session | undefined;
  /** Every address with traffic; none on a client. */
  addresses(): { address: string; lastSeconds: number | null }[];
  act(action: Action): Promise<ActionResult>;
  metrics(): MetricsSnapshot;
  /** What to record of the second just over. */
  recorded(): Iterable<readonly [SessionGauge, readonly RecordedLink[]]>;
  /** Looks which links fell silent. @returns whether any link's state changed since the last call */
  look(): boolean;
}

/** Something happened that people may want to know of later. */
export type Notify = (
  kind: NewEvent['kind'],
  about: Pick<NewEvent, 'path' | 'session'>,
  detail: string,
) => void;
