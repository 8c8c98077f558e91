/**
 * A packet loop other than loop 0 of a server with several: carries the sessions that loop 0 gives it, and tells
 * it of every change. What it doesn't know is loop 0's to decide (desk.ts).
 */
import { type Batch, ELSEWHERE, type Neighbours, UNKNOWN_PATH } from '../net/index.ts';
import {
  COOKIE_REPLY,
  HANDSHAKE_INITIATION,
  HANDSHAKE_RESPONSE,
  receiverIndex,
  senderIndex,
} from '../wireguard/index.ts';
import { type Admission, type AdmissionLimits, expireSessions, reassign } from './admission.ts';
import type { NoteToCarrier, NoteToDesk } from './desk.ts';
import type { Numbers } from './places.ts';
import { NO_SESSION } from './session-state.ts';
import type { SessionTable, SessionTableParts } from './session-table.ts';

/** What is new here is told to loop 0, which tells everybody else. */
export function carrierEvents(
  neighbours: Neighbours,
): Pick<
  SessionTableParts,
  'onPathOpened' | 'onPathClosed' | 'onSessionConfirmed' | 'onSessionClosed' | 'onIndexLearned'
> {
  const tell = (note: NoteToDesk) => neighbours.tell(0, note);
  return {
    onPathOpened: (path, session, slot, words) =>
      tell({ is: 'path-opened', path, session, slot, words: words.slice() }),
    onPathClosed: (path, session) => tell({ is: 'path-closed', path, session }),
    onSessionConfirmed: (session) => tell({ is: 'session-confirmed', session }),
    onSessionClosed: (session) => tell({ is: 'session-closed', session }),
    onIndexLearned: (index, session) => tell({ is: 'index', index, session }),
  };
}

/** Numbers that loop 0 gives back, once it has heard that they are free. */
export function untilHeard(numbers: Numbers): Numbers {
  return { take: () => numbers.take(), giveBack: () => {} };
}

export class Carrier
  implements Pick<Admission, 'path' | 'away' | 'loop' | 'sessionFor' | 'droppedCopy' | 'answered' | 'expire'>
{
  path = UNKNOWN_PATH;
  readonly away = NO_SESSION;
  readonly loop = 0;
  readonly #table: SessionTable;
  readonly #neighbours: Neighbours;
  readonly #limits: AdmissionLimits;

  constructor(table: SessionTable, neighbours: Neighbours, limits: AdmissionLimits) {
    this.#table = table;
    this.#neighbours = neighbours;
    this.#limits = limits;
  }

  /** As Admission has it. Whose an initiation is only loop 0 can tell, and does so with the datagram. */
  sessionFor(batch: Batch, i: number, message: number, type: number, path: number): number {
    const table = this.#table;
    this.path = path;
    const offset = batch.offset[i]!;
    const index = receiverIndex(batch.view, offset, type);
    let session = type === HANDSHAKE_INITIATION ? NO_SESSION : table.indices.get(index);
    if (session === NO_SESSION && batch.isHanded) session = this.#told(batch.told[i]!);
    // Even from an address known here: the index may be known elsewhere.
    if (session === NO_SESSION) return ELSEWHERE;
    if (path === UNKNOWN_PATH) this.path = table.paths.open(batch, message, session);
    else if (table.paths.sessionOf(path) !== session) reassign(table, path, session, batch.nowMs);
    if (this.path >= 0 && table.paths.sessionOf(this.path) === NO_SESSION) this.path = UNKNOWN_PATH;
    return session;
  }

  droppedCopy(): void {}

  answered(batch: Batch, i: number, type: number, session: number): void {
    const offset = batch.offset[i]!;
    if (type === HANDSHAKE_INITIATION || type === HANDSHAKE_RESPONSE) {
      this.#table.learnIndex(senderIndex(batch.view, offset), session);
    }
    if (type !== COOKIE_REPLY) this.#table.confirm(session);
  }

  expire(nowMs: number): void {
    expireSessions(this.#table, this.#limits, nowMs);
  }

  hear(note: NoteToCarrier, nowMs: number): void {
    const table = this.#table;
    switch (note.is) {
      case 'take':
        table.enter(note.state, this.#neighbours);
        this.#merge(note.state.session, note.into);
        break;
      case 'return':
        // One that others have been merged into stays: three sessions of one client within seconds.
        if (!table.isOpen(note.session) || table.hasMerged(note.session)) return;
        if (table.resolve(note.session) !== note.session) return;
        this.#neighbours.tell(0, {
          is: 'returned',
          state: table.leave(note.session, this.#neighbours),
          into: note.into,
        } satisfies NoteToDesk);
        break;
      case 'merge':
        this.#merge(note.session, note.into);
        break;
      case 'contested':
        table.paths.contest(note.path, note.session, nowMs);
        break;
    }
  }

  #merge(session: number, into: number): void {
    const table = this.#table;
    if (into === NO_SESSION || !table.isOpen(session) || !table.isOpen(into)) return;
    const older = table.resolve(into);
    if (table.resolve(session) === session && older !== session) table.merge(session, older);
  }

  #told(session: number): number {
    return session !== NO_SESSION && this.#table.isOpen(session) ? this.#table.resolve(session) : NO_SESSION;
  }
}
