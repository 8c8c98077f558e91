/** What `npm run bench` is asked for, and how its parts tell what they are at. */
import type { Role } from './contestants.ts';

export interface Options {
  /** Shorter everywhere: to see that it works, not to learn from. */
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Of one measurement of a load. */
  readonly seconds: number;
  /** one-way: roles, numbers of paths, and lengths of datagrams in bytes. */
  readonly roles: readonly Role[];
  readonly paths: readonly number[];
  readonly lengths: readonly number[];
  /** tunnel: who takes part. */
  readonly contestants: readonly string[];
  /** memory: for how long. */
  readonly minutes: number;
  progress(text: string): void;
}
