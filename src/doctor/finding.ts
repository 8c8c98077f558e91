/** What the doctor says: one line for each thing looked at, with what to do when it is not as it should be. */

/** `note`: fine as it is, worth knowing. `warning`: works, but worse than it could. `problem`: does not work. */
export type Level = 'ok' | 'note' | 'warning' | 'problem';

export interface Finding {
  /** Stable: scripts and docs/troubleshooting.md refer to it. */
  readonly code: string;
  readonly level: Level;
  /** Interface, path, file or address that it is about. */
  readonly about?: string;
  readonly message: string;
  /** What to do; absent when there is nothing to do. */
  readonly remedy?: string;
}

/** A check that found nothing wrong. */
export function ok(code: string, message: string, about?: string): Finding {
  return { code, level: 'ok', ...(about !== undefined && { about }), message };
}

/** A check that found something, and its remedy. */
export function found(
  level: Exclude<Level, 'ok'>,
  code: string,
  message: string,
  remedy: string,
  about?: string,
): Finding {
  return { code, level, ...(about !== undefined && { about }), message, remedy };
}

/** Exit status: 0 fine, 1 there are warnings, 2 there are problems. */
export function statusOf(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({ level }) => level === 'problem')) return 2;
  return findings.some(({ level }) => level === 'warning') ? 1 : 0;
}
