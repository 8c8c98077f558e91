/** Events and outages, newest first when asked for; beyond a number or an age the oldest are forgotten. */
import type { Event, NewEvent, Outage, PastQuery } from '../contract/index.ts';

/** What bounds a list. */
export interface ListLimits {
  readonly maxCount: number;
  readonly maxAgeSeconds: number;
}

/** Details are for people, and some carry a whole list of errors: what is longer is cut. */
const MAX_DETAIL_CHARACTERS = 1000;

export class EventLog {
  readonly #limits: ListLimits;
  readonly #events: Event[] = [];
  #nextId = 1;

  constructor(limits: ListLimits) {
    this.#limits = limits;
  }

  /** Oldest first. */
  get all(): readonly Event[] {
    return this.#events;
  }

  get nextId(): number {
    return this.#nextId;
  }

  add(event: NewEvent): Event {
    const numbered = { ...event, id: this.#nextId, detail: event.detail.slice(0, MAX_DETAIL_CHARACTERS) };
    this.#nextId += 1;
    this.#events.push(numbered);
    const oldest = Date.parse(event.at) - this.#limits.maxAgeSeconds * 1000;
    const young = this.#events.findIndex(({ at }) => Date.parse(at) >= oldest);
    this.#events.splice(0, Math.max(young, this.#events.length - this.#limits.maxCount));
    return numbered;
  }

  restore(events: readonly Event[], nextId: number): void {
    this.#events.push(...events.slice(-this.#limits.maxCount));
    this.#nextId = Math.max(nextId, ...events.slice(-1).map(({ id }) => id + 1));
  }

  query(query: PastQuery): Event[] {
    return newest(this.#events, query, ({ at }) => at);
  }
}

export class OutageList {
  readonly #limits: ListLimits;
  readonly #open = new Map<number, Outage>();
  /** In the order of their ends. */
  readonly #ended = new Map<number, Outage>();
  #nextId = 1;

  constructor(limits: ListLimits) {
    this.#limits = limits;
  }

  /** In the order of their numbers. */
  get all(): Outage[] {
    return [...this.#ended.values(), ...this.#open.values()].toSorted((a, b) => a.id - b.id);
  }

  get nextId(): number {
    return this.#nextId;
  }

  takeId(): number {
    this.#nextId += 1;
    return this.#nextId - 1;
  }

  /** Keeps an outage in place of what was known of it. Those that last are never forgotten. */
  put(outage: Outage): void {
    this.#ended.delete(outage.id);
    this.#open.delete(outage.id);
    (outage.to === null ? this.#open : this.#ended).set(outage.id, outage);
    while (this.#ended.size > this.#limits.maxCount) this.#forgetFirst();
  }

  forgetOld(nowSeconds: number): void {
    const oldest = (nowSeconds - this.#limits.maxAgeSeconds) * 1000;
    for (const { id, to } of this.#ended.values()) {
      if (to === null || Date.parse(to) >= oldest) return;
      this.#ended.delete(id);
    }
  }

  restore(outages: readonly Outage[], nextId: number): void {
    for (const outage of outages) this.put(outage);
    this.#nextId = Math.max(nextId, ...outages.slice(-1).map(({ id }) => id + 1));
  }

  query(query: PastQuery): Outage[] {
    return newest(this.all, query, ({ to }) => to);
  }

  #forgetFirst(): void {
    for (const id of this.#ended.keys()) {
      this.#ended.delete(id);
      return;
    }
  }
}

/** `endOf` null: it lasts. */
function newest<T extends { readonly session?: string | undefined; readonly path?: string | undefined }>(
  oldestFirst: readonly T[],
  { since, path, session, limit }: PastQuery,
  endOf: (item: T) => string | null,
): T[] {
  const sinceMs = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
  const found: T[] = [];
  for (let i = oldestFirst.length - 1; i >= 0 && found.length < limit; i -= 1) {
    const item = oldestFirst[i];
    if (item === undefined) continue;
    const end = endOf(item);
    if (end !== null && Date.parse(end) < sinceMs) continue;
    if (path !== undefined && item.path !== path) continue;
    if (session !== undefined && item.session !== session) continue;
    found.push(item);
  }
  return found;
}
