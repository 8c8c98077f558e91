/** A cell per link and tunnel for the second just over: what the history is made of. */
import {
  CELL_COLUMNS,
  CELL_STATES,
  type CellState,
  type PathState,
  TUNNEL_TRACK,
} from '../contract/index.ts';
import type { Frame, NewTrack } from '../history/index.ts';
import type { LinkGauge, SessionGauge } from './session-gauge.ts';

const WIDTH = CELL_COLUMNS.length;
const CODE = Object.fromEntries(CELL_STATES.map((state, code) => [state, code])) as Record<CellState, number>;

/** A link to record, open or not. */
export interface RecordedLink {
  readonly name: string;
  readonly state: PathState;
  /** Absent: it has never been open. */
  readonly gauge?: LinkGauge | undefined;
}

export class Seconds {
  /** By session, then by name. */
  readonly #ids = new Map<string, Map<string, number>>();
  #nextId = 0;
  #newTracks: NewTrack[] = [];
  #trackIds: number[] = [];
  #cells: number[] = [];

  /** Records a session's second. */
  add(session: SessionGauge, links: readonly RecordedLink[]): void {
    const { packets, bytes, lost, duplicatesDropped } = session.tunnel.second();
    const isCut = !links.some(({ state }) => state === 'up' || state === 'suspect');
    // Every open link sends each packet, so the one that sent most tells what there was to send.
    const bytesOut = Math.max(
      0,
      ...links.map(({ gauge }) => (gauge?.isOpen ? gauge.figures.second().bytesOut : 0)),
    );
    const state = lost > 0 ? 'lossy' : packets > 0 ? 'first' : isCut ? 'down' : 'idle';
    this.#push(session.id, TUNNEL_TRACK, [
      CODE[state],
      packets,
      duplicatesDropped,
      lost,
      0,
      bytes,
      bytesOut,
      0,
      0,
    ]);
    for (const link of links) this.#push(session.id, link.name, cellOf(link));
    const ids = this.#ids.get(session.id)!;
    if (ids.size > links.length + 1) forgetFormer(ids, links);
  }

  /** The session is over: its tracks get no more cells. */
  forget(session: string): void {
    this.#ids.delete(session);
  }

  /** A manager that starts anew has to hear of every track again. */
  forgetAll(): void {
    this.#ids.clear();
  }

  /** What was added since the last call. */
  take(atSeconds: number): Frame {
    const frame: Frame = {
      at: atSeconds,
      tracks: this.#newTracks,
      ids: Uint32Array.from(this.#trackIds),
      rows: Float32Array.from(this.#cells),
    };
    this.#newTracks = [];
    this.#trackIds = [];
    this.#cells = [];
    return frame;
  }

  #push(session: string, name: string, cell: readonly number[]): void {
    let ids = this.#ids.get(session);
    if (ids === undefined) {
      ids = new Map();
      this.#ids.set(session, ids);
    }
    let id = ids.get(name);
    if (id === undefined) {
      id = this.#nextId++;
      ids.set(name, id);
      this.#newTracks.push({ id, session, name });
    }
    this.#trackIds.push(id);
    for (let i = 0; i < WIDTH; i++) this.#cells.push(cell[i]!);
  }
}

function cellOf({ state, gauge }: RecordedLink): number[] {
  if (gauge === undefined) return [CODE[state === 'excluded' ? 'excluded' : 'down'], 0, 0, 0, 0, 0, 0, 0, 0];
  const { first, late, lost, rescued, bytesIn, bytesOut, latenessMs } = gauge.figures.second();
  const code = CODE[cellState(state, gauge, first, late, lost)];
  return [code, first, late, lost, rescued, bytesIn, bytesOut, latenessMs?.median ?? 0, latenessMs?.p95 ?? 0];
}

/** A link that delivered in part of the second did so, whatever it is now; else its state tells. */
function cellState(state: PathState, gauge: LinkGauge, first: number, late: number, lost: number): CellState {
  if (first + late > 0) return lost > 0 ? 'lossy' : first >= late ? 'first' : 'late';
  if (state === 'excluded' || state === 'down') return state;
  return lost > 0 || gauge.silence?.sinceMs !== 0 ? 'silent' : 'idle';
}

function forgetFormer(ids: Map<string, number>, links: readonly RecordedLink[]): void {
  const present = new Set([TUNNEL_TRACK, ...links.map(({ name }) => name)]);
  for (const name of ids.keys()) if (!present.has(name)) ids.delete(name);
}
