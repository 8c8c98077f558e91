/** What makes a relay a server's: sessions that come from the traffic, and with several packet loops their order. */
import type { Neighbours, Outlets } from '../net/index.ts';
import { Admission, type AdmissionLimits } from './admission.ts';
import { Carrier, carrierEvents, untilHeard } from './carrier.ts';
import { Desk, type NoteToCarrier, type NoteToDesk } from './desk.ts';
import { OpenAdmission } from './open-admission.ts';
import { type Numbers, Places } from './places.ts';
import { Probation } from './probation.ts';
import { NO_SESSION } from './session-state.ts';
import { SessionTable, type SessionTableParts } from './session-table.ts';

export interface ServerOptions
  extends Pick<
    SessionTableParts,
    'onPathOpened' | 'onPathClosed' | 'onSessionConfirmed' | 'onSessionClosed'
  > {
  readonly outlets: Outlets;
  readonly limits: AdmissionLimits;
  /** Checks initiations; see wireguard/mac1.ts. */
  readonly mac1Key?: Uint8Array;
  /** Absent: this is the server's only packet loop. Events are loop 0's to tell. */
  readonly loops?: LoopPlace;
}

/** One of several packet loops of a server. */
export interface LoopPlace {
  readonly number: number;
  readonly count: number;
  readonly neighbours: Neighbours;
  /** Of `Places.memory`, the same for all. */
  readonly pathNumbers: SharedArrayBuffer;
}

export interface ServerSide {
  readonly table: SessionTable;
  readonly admission: Pick<
    Admission,
    'path' | 'away' | 'loop' | 'sessionFor' | 'droppedCopy' | 'answered' | 'expire'
  >;
  readonly probation: Probation;
  readonly desk: Desk | undefined;
  hear(note: unknown, nowMs: number): void;
}

type Books = Pick<SessionTableParts, 'counters' | 'paths' | 'quality' | 'recent' | 'losses'>;

export function serverSide(options: ServerOptions, isWireguard: boolean, books: Books): ServerSide {
  const { outlets, limits, mac1Key, loops } = options;
  const { shape } = books.counters;
  const isCarrier = loops !== undefined && loops.number > 0;
  const pathNumbers = new Places(shape.paths, loops?.pathNumbers);
  const numbers: { sessionNumbers: Numbers; pathNumbers: Numbers } = isCarrier
    ? { sessionNumbers: NO_NUMBERS, pathNumbers: untilHeard(pathNumbers) }
    : { sessionNumbers: new Places(shape.sessions), pathNumbers };
  let desk: Desk | undefined;
  const events = isCarrier
    ? carrierEvents(loops.neighbours)
    : { ...eventsOf(options), onIndexLearned: (index: number) => desk?.learned(index) };
  const table = new SessionTable({
    ...books,
    ...events,
    ...numbers,
    outlets,
    onPathEntered: (path) => probation.begin(path),
    onPathOpened: (path, session, slot, words) => {
      probation.begin(path);
      events.onPathOpened(path, session, slot, words);
      desk?.opened(words);
    },
  });
  const probation = new Probation(table, books.paths, shape.paths);
  if (isCarrier) {
    const carrier = new Carrier(table, loops.neighbours, limits);
    const hear = (note: unknown, nowMs: number) => carrier.hear(note as NoteToCarrier, nowMs);
    return { table, admission: carrier, probation, desk: undefined, hear };
  }
  if (loops !== undefined) {
    desk = new Desk(table, loops.neighbours, loops.count, shape, { ...eventsOf(options), ...numbers });
  }
  const admission = isWireguard
    ? new Admission(table, books.counters, limits, mac1Key, desk)
    : new OpenAdmission(table, limits);
  return { table, admission, probation, desk, hear: (note, nowMs) => desk?.hear(note as NoteToDesk, nowMs) };
}

const NO_NUMBERS: Numbers = { take: () => NO_SESSION, giveBack: () => {} };

function eventsOf({ onPathOpened, onPathClosed, onSessionConfirmed, onSessionClosed }: ServerOptions) {
  return { onPathOpened, onPathClosed, onSessionConfirmed, onSessionClosed };
}
