/**
 * The figures of one session and its links, by name. On a client a link keeps its figures while it comes and
 * goes; on a server it is an address and is forgotten with it.
 */
import type { WhatIfRow } from '../contract/index.ts';
import type { Counters } from '../net/index.ts';
import { PathGauge, Silence, TunnelGauge, whatIf } from '../quality/index.ts';
import { Unsent } from './unsent.ts';

/** A link's number in the counters, and its slot in its session. */
export interface LinkPlace {
  readonly path: number;
  readonly slot: number;
}

export class LinkGauge {
  readonly name: string;
  readonly figures: PathGauge;
  readonly unsent: Unsent;
  place: LinkPlace;
  /** Absent while it is closed. */
  silence: Silence | undefined;
  /** When a copy last came before it was closed; 0: never. */
  lastInMs = 0;

  constructor(name: string, place: LinkPlace, figures: PathGauge, unsent: Unsent) {
    this.name = name;
    this.place = place;
    this.figures = figures;
    this.unsent = unsent;
  }

  get isOpen(): boolean {
    return this.silence !== undefined;
  }
}

export class SessionGauge {
  /** Never another session's while the program runs. */
  readonly id: string;
  readonly number: number;
  readonly sinceMs: number;
  readonly tunnel: TunnelGauge;
  readonly #counters: Counters;
  readonly #links = new Map<string, LinkGauge>();

  constructor(counters: Counters, number: number, id: string, nowMs: number) {
    this.#counters = counters;
    this.id = id;
    this.number = number;
    this.sinceMs = nowMs;
    this.tunnel = new TunnelGauge(counters, number, nowMs);
  }

  /** Every link there has been, closed ones included. */
  links(): Iterable<LinkGauge> {
    return this.#links.values();
  }

  get count(): number {
    return this.#links.size;
  }

  find(name: string): LinkGauge | undefined {
    return this.#links.get(name);
  }

  /** A link carries (again), at this place. */
  opened(name: string, place: LinkPlace, nowMs: number): void {
    const link = this.#links.get(name) ?? this.#newLink(name, place, nowMs);
    link.place = place;
    link.silence = new Silence(this.#counters, this.number, nowMs);
    link.figures.open(place.path, this.number);
    link.unsent.open(place.path);
    this.#links.set(name, link);
  }

  /** It carries no longer; its figures stay. Call it before its place is given to another. */
  closed(name: string): void {
    const link = this.#links.get(name);
    if (link?.silence === undefined) return;
    link.lastInMs = this.lastInMs(link);
    link.figures.close();
    link.unsent.close();
    link.silence = undefined;
  }

  forget(name: string): void {
    this.#links.delete(name);
  }

  /** When a copy last came on the link; 0: never. */
  lastInMs(link: LinkGauge): number {
    const now = link.isOpen ? this.#counters.path(link.place.path, 'lastInMs') : 0;
    return now || link.lastInMs;
  }

  /** Call it every second. */
  sample(nowMs: number): void {
    this.tunnel.sample(nowMs);
    for (const { figures } of this.#links.values()) figures.sample(nowMs);
  }

  /** Call it several times a second to hear soon of links that fall silent. */
  look(nowMs: number): void {
    for (const { place, silence, figures } of this.#links.values()) {
      const latenessMs = () => figures.figures('10s').latenessMs?.p95 ?? 0;
      silence?.look(this.#counters, place.path, this.number, latenessMs, nowMs);
    }
  }

  /** What fewer links would have lost since the start. */
  whatIf(): WhatIfRow[] {
    const nameOf = new Map([...this.#links.values()].map(({ name, place }) => [place.slot, name]));
    return whatIf(this.#counters, this.number, [...nameOf.keys()]).map(({ slots, lost, lossShare }) => ({
      paths: slots.map((slot) => nameOf.get(slot)!),
      lost,
      lossShare,
    }));
  }

  #newLink(name: string, place: LinkPlace, nowMs: number): LinkGauge {
    return new LinkGauge(name, place, new PathGauge(this.#counters, nowMs), new Unsent(this.#counters));
  }
}
