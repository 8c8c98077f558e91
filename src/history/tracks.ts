/**
 * Who is who among the kept cells. Control's numbers are of one run; the past outlives it and has its own.
 * A track lives as long as a kept frame mentions it. Frames mostly name the same tracks as the one before, so
 * they share one list of numbers, and what is counted is how many frames hold each list.
 */
import type { NewTrack } from './frame.ts';

/** A session's tunnel or one of its links. */
export interface KeptTrack {
  /** Never given to another track of this past. */
  readonly id: number;
  readonly session: string;
  /** A link's name, or TUNNEL_TRACK. */
  readonly name: string;
}

interface Entry extends KeptTrack {
  /** Lists of numbers, held by frames, that mention it. */
  lists: number;
  readonly controlIds: Set<number>;
}

/** Stands for a track that control never named: its cells are kept, but nobody finds them. */
const UNKNOWN_ID = 0;

export class Tracks {
  readonly #byId = new Map<number, Entry>();
  readonly #bySession = new Map<string, Map<string, Entry>>();
  readonly #ownIds = new Map<number, number>();
  readonly #framesPerList = new Map<Uint32Array, number>();
  #latest: Uint32Array = new Uint32Array();
  #nextId = UNKNOWN_ID + 1;
  #bytes = 0;

  /** Bytes of the lists that frames hold. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes over control's names for its numbers; a link that returns under a new number goes on as it was. */
  learn(tracks: readonly NewTrack[]): void {
    for (const { id, session, name } of tracks) {
      const entry = this.#find(session, name) ?? this.#add({ id: this.#nextId, session, name });
      entry.controlIds.add(id);
      this.#ownIds.set(id, entry.id);
    }
  }

  /** Brings back a track of an earlier run, with the number that its kept frames have for it. */
  restore(track: KeptTrack): void {
    this.#add(track);
  }

  /** Control's numbers turned into ours; the list is shared with the last frame if it is the same. */
  ownIds(controlIds: Uint32Array): Uint32Array {
    return this.shared(controlIds.map((id) => this.#ownIds.get(id) ?? UNKNOWN_ID));
  }

  /** The list that was last held, if it equals this one. */
  shared(ids: Uint32Array): Uint32Array {
    const latest = this.#latest;
    return ids.length === latest.length && ids.every((id, i) => id === latest[i]) ? latest : ids;
  }

  /** A frame with this list is kept from now on. */
  hold(ids: Uint32Array): void {
    this.#latest = ids;
    const frames = this.#framesPerList.get(ids) ?? 0;
    this.#framesPerList.set(ids, frames + 1);
    if (frames > 0) return;
    this.#bytes += ids.byteLength;
    for (const id of ids) {
      const entry = this.#byId.get(id);
      if (entry !== undefined) entry.lists += 1;
    }
  }

  /** A frame with this list is no longer kept; tracks that nothing mentions any more are forgotten. */
  release(ids: Uint32Array): void {
    const frames = this.#framesPerList.get(ids) ?? 0;
    if (frames > 1) {
      this.#framesPerList.set(ids, frames - 1);
      return;
    }
    this.#framesPerList.delete(ids);
    this.#bytes -= ids.byteLength;
    for (const id of ids) {
      const entry = this.#byId.get(id);
      if (entry === undefined) continue;
      entry.lists -= 1;
      if (entry.lists === 0) this.#forget(entry);
    }
  }

  /** The track with our number. */
  get(id: number): KeptTrack | undefined {
    return this.#byId.get(id);
  }

  /** The tracks of a session, in the order of their first appearance. */
  ofSession(session: string): KeptTrack[] {
    return [...(this.#bySession.get(session)?.values() ?? [])];
  }

  /** How many there are. */
  get size(): number {
    return this.#byId.size;
  }

  #find(session: string, name: string): Entry | undefined {
    return this.#bySession.get(session)?.get(name);
  }

  #add(track: KeptTrack): Entry {
    const entry: Entry = { ...track, lists: 0, controlIds: new Set() };
    this.#byId.set(entry.id, entry);
    this.#nextId = Math.max(this.#nextId, entry.id + 1);
    const ofSession = this.#bySession.get(entry.session) ?? new Map<string, Entry>();
    this.#bySession.set(entry.session, ofSession.set(entry.name, entry));
    return entry;
  }

  #forget(entry: Entry): void {
    this.#byId.delete(entry.id);
    for (const id of entry.controlIds) this.#ownIds.delete(id);
    const ofSession = this.#bySession.get(entry.session);
    ofSession?.delete(entry.name);
    if (ofSession?.size === 0) this.#bySession.delete(entry.session);
  }
}
