/** What `GET /api/v2/stream` sends, by the name of the server-sent event. */
import type { Event, Outage } from './events.ts';
import type { SecondCells } from './history.ts';
import type { Overview } from './overview.ts';
import type { Session } from './session.ts';

export interface StreamEvents {
  /** At once, then every second, and as soon as a link's state changes. */
  readonly overview: Overview;
  /** Every second: of the client's session, or of the server's session asked for by `?session=`. */
  readonly second: SecondCells;
  /** With `?session=` on a server: as `overview`. It ends with `gone` when the session is closed. */
  readonly session: Session;
  readonly gone: { readonly session: string };
  readonly event: Event;
  /** An outage began, grew or ended. */
  readonly outage: Outage;
}
