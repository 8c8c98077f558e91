/**
 * The client's open paths, kept in step with the plan: opens what is planned and not open, replaces what
 * changed (the new socket first, then the old one goes), closes what is no longer planned, and tries again
 * what failed to open.
 */
import type { PacketLoop } from '../loop/index.ts';
import { formatAddress, isFault, type SocketAddress } from '../net/index.ts';
import { MOST_SLOTS } from '../relay/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { Candidate, PlannedPath } from './path-plan.ts';

/** Paths a client can have; further interfaces wait for a free place. */
export const MOST_CLIENT_PATHS = MOST_SLOTS;
/** A path that would not open is tried again after this long, then twice as long each time. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;

export interface OpenPath {
  readonly plan: PlannedPath;
  readonly number: number;
  readonly slot: number;
  /** Where its socket is bound. */
  readonly local: SocketAddress;
}

/** Told when a link begins and ends to carry. */
export interface PathEvents {
  /** @param before the path it takes over from; that one's figures are still there */
  onOpen(name: string, path: OpenPath, before: OpenPath | undefined): void;
  /** @param reason for people */
  onClose(name: string, reason: string): void;
}

export class ClientPaths {
  readonly #loop: PacketLoop;
  readonly #log: Log;
  readonly #retry: () => void;
  readonly #events: PathEvents;
  /** By name, for good: a link that comes back finds its figures again. */
  readonly #slots = new Map<string, number>();
  /** By candidate name: what carries now. */
  readonly #open = new Map<string, OpenPath>();
  /** By plan key: names of the candidates being opened. */
  readonly #opening = new Map<string, string>();
  readonly #free = Array.from({ length: MOST_CLIENT_PATHS }, (_, i) => MOST_CLIENT_PATHS - 1 - i);
  /** By plan key: what is planned and would not open, and how often in a row. */
  readonly #failures = new Map<string, number>();
  /** By candidate name: why it would not open, the last time. */
  readonly #faults = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #candidates: readonly Candidate[] = [];
  #isClosed = false;

  /** @param retry called when it is time to plan again because a path would not open */
  constructor(loop: PacketLoop, log: Log, retry: () => void, events: PathEvents) {
    this.#events = events;
    this.#loop = loop;
    this.#log = log;
    this.#retry = retry;
  }

  /** Everything the last plan knew, and the number of each open path by candidate name. */
  get candidates(): readonly Candidate[] {
    return this.#candidates;
  }

  get count(): number {
    return this.#open.size;
  }

  /** The open path of a candidate: its counters' number and its plan. */
  find(name: string): OpenPath | undefined {
    return this.#open.get(name);
  }

  /** Why a planned path is not open; empty when nothing is known. */
  faultOf(name: string): string {
    return this.#faults.get(name) ?? '';
  }

  follow(candidates: readonly Candidate[]): void {
    this.#sayReasons(candidates);
    this.#candidates = candidates;
    const planned = new Map(candidates.map((candidate) => [candidate.name, candidate.path]));
    for (const [name, open] of this.#open) if (planned.get(name) === undefined) this.#close(name, open);
    const keys = new Set(candidates.map(({ path }) => path?.key));
    for (const key of this.#failures.keys()) if (!keys.has(key)) this.#failures.delete(key);
    for (const path of planned.values()) {
      if (path !== undefined && this.#open.get(path.name)?.plan.key !== path.key) void this.#openOne(path);
    }
  }

  /** The system's interfaces changed: what would not open is tried again soon, not after a grown delay. */
  hurry(): void {
    for (const key of this.#failures.keys()) this.#failures.set(key, 1);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #openOne(plan: PlannedPath): Promise<void> {
    if (this.#opening.has(plan.key)) return;
    const number = this.#free.pop();
    if (number === undefined) {
      this.#fail(plan, `Cannot open path "${plan.name}": all ${MOST_CLIENT_PATHS} places are taken`);
      return;
    }
    const slot = this.#slotOf(plan.name);
    this.#opening.set(plan.key, plan.name);
    const result = await this.#loop.openPath(number, slot, plan);
    this.#opening.delete(plan.key);
    if (isFault(result)) {
      this.#free.push(number);
      this.#fail(plan, result.message);
      return;
    }
    const isStillPlanned = this.#candidates.some(({ path }) => path?.key === plan.key);
    const before = this.#open.get(plan.name);
    if (this.#isClosed || (!isStillPlanned && before === undefined)) {
      this.#release(number);
      return;
    }
    const open = { plan, number, slot, local: result };
    this.#open.set(plan.name, open);
    this.#events.onOpen(plan.name, open, before);
    if (before !== undefined) this.#release(before.number);
    this.#failures.delete(plan.key);
    this.#faults.delete(plan.name);
    const from = formatAddress(result);
    this.#log.info(
      { path: plan.name, from, to: formatAddress(plan.destination) },
      before === undefined ? `path ${plan.name} is open` : `path ${plan.name} changed`,
    );
    // Unwanted meanwhile, it has taken the slot of the one before all the same: from here on to what is planned now.
    if (!isStillPlanned) this.follow(this.#candidates);
  }

  #close(name: string, { number }: OpenPath): void {
    const reason =
      this.#candidates.find((candidate) => candidate.name === name)?.reason ?? 'interface is gone';
    this.#open.delete(name);
    this.#events.onClose(name, reason);
    this.#release(number);
    this.#log.warn({ path: name, reason }, `path ${name} is closed: ${reason}`);
  }

  /** The link's own slot; once all are given away, that of a link that neither is open nor is being opened. */
  #slotOf(name: string): number {
    const own = this.#slots.get(name);
    if (own !== undefined) return own;
    let slot = this.#slots.size;
    if (slot >= MOST_CLIENT_PATHS) {
      const busy = new Set([...this.#open.keys(), ...this.#opening.values()]);
      const [idle, freed] = [...this.#slots].find(([other]) => !busy.has(other)) ?? [name, 0];
      this.#slots.delete(idle);
      slot = freed;
    }
    this.#slots.set(name, slot);
    return slot;
  }

  #release(number: number): void {
    this.#loop.closePath(number);
    this.#free.push(number);
  }

  #fail(plan: PlannedPath, message: string): void {
    const failures = (this.#failures.get(plan.key) ?? 0) + 1;
    this.#failures.set(plan.key, failures);
    this.#faults.set(plan.name, message);
    if (failures === 1) this.#log.warn({ path: plan.name }, `${message}; trying again`);
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    const soonest = Math.min(...this.#failures.values());
    this.#timer = setTimeout(this.#retry, Math.min(FIRST_RETRY_MS * 2 ** (soonest - 1), LAST_RETRY_MS));
  }

  /** One line for a candidate whose reason is new; a candidate left out by choice is no news. */
  #sayReasons(candidates: readonly Candidate[]): void {
    for (const { name, reason, excludedBy } of candidates) {
      const before = this.#candidates.find((candidate) => candidate.name === name)?.reason;
      if (reason === '' || reason === before || this.#open.has(name)) continue;
      this.#log[excludedBy !== undefined ? 'debug' : 'info'](
        { path: name, reason },
        `no path over ${name}: ${reason}`,
      );
    }
  }
}
