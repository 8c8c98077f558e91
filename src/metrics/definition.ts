/** What a metric is: its name, unit and meaning, and how its points are read from a snapshot. */
import type { MetricsSnapshot } from '../contract/index.ts';

export type Attributes = Readonly<Record<string, string>>;

/** Counts per bucket; the last one is beyond the last bound. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export interface Point<Value = number> {
  readonly value: Value;
  readonly attributes: Attributes;
}

interface Common {
  /** As OpenTelemetry has it, without the unit. */
  readonly name: string;
  /** UCUM: `By`, `s`, `{packet}`; empty: none. */
  readonly unit: '' | 'By' | 's' | `{${string}}`;
  readonly description: string;
  /** Names of the attributes; a server's points of a client's links have none. */
  readonly attributes: readonly string[];
  /** Absent: both. */
  readonly role?: 'client' | 'server';
}

/** `counter`: only grows. `gauge`: of now. */
export interface NumberDefinition extends Common {
  readonly kind: 'counter' | 'gauge';
  readonly read: (snapshot: MetricsSnapshot) => readonly Point[];
}

export interface HistogramDefinition extends Common {
  readonly kind: 'histogram';
  readonly read: (snapshot: MetricsSnapshot) => readonly Point<Buckets>[];
}

export type Definition = NumberDefinition | HistogramDefinition;

/** One point without attributes; none when there is nothing to tell. */
export function single(value: number | null): Point[] {
  return value === null ? [] : [{ value, attributes: {} }];
}

/** 1 for the one that holds and 0 for each other, so that all of them can be counted and drawn. */
export function oneOf<State extends string>(
  states: readonly State[],
  holds: State,
  attributes: Attributes = {},
): Point[] {
  return states.map((state) => ({ value: state === holds ? 1 : 0, attributes: { ...attributes, state } }));
}

/** `tooLong` as the conventions write it: `too_long`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
