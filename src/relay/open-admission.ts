/**
 * Admission for `protocol: any`, as the original does it: whoever sends anything is the one client, and gets
 * everything that comes back. Whoever chooses this gives up sessions and the protection from free riders.
 */
import { type Batch, UNKNOWN_PATH } from '../net/index.ts';
import { type Admission, type AdmissionLimits, SESSION_TIMEOUT_MS } from './admission.ts';
import { NO_SESSION } from './session-state.ts';
import type { SessionTable } from './session-table.ts';

export class OpenAdmission
  implements Pick<Admission, 'path' | 'away' | 'loop' | 'sessionFor' | 'droppedCopy' | 'answered' | 'expire'>
{
  path = UNKNOWN_PATH;
  readonly away = NO_SESSION;
  readonly loop = 0;
  readonly #table: SessionTable;
  readonly #limits: AdmissionLimits;
  #session = NO_SESSION;

  constructor(table: SessionTable, limits: AdmissionLimits) {
    this.#table = table;
    this.#limits = limits;
  }

  sessionFor(batch: Batch, _i: number, message: number, _type: number, path: number): number {
    const table = this.#table;
    this.path = path;
    if (this.#session === NO_SESSION || !table.isOpen(this.#session))
      this.#session = table.openSession(batch.nowMs);
    if (this.#session === NO_SESSION) return NO_SESSION;
    table.confirm(this.#session);
    if (path === UNKNOWN_PATH) {
      this.path = table.paths.open(batch, message, this.#session);
      if (this.path !== UNKNOWN_PATH) table.paths.trust(this.path);
    }
    return this.#session;
  }

  droppedCopy(): void {}

  answered(): void {}

  expire(nowMs: number): void {
    this.#table.expire(nowMs, this.#limits.pathTimeoutMs, SESSION_TIMEOUT_MS, SESSION_TIMEOUT_MS);
  }
}
