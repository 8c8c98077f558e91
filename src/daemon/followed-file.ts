/**
 * engarde.yml while the program runs: read again when it changes, on SIGHUP, and after "keep". A file with a
 * mistake is refused whole, and what runs goes on as it is.
 */
import {
  ConfigError,
  type FileWatch,
  formatProblem,
  type Loaded,
  restartKeys,
  watchFile,
} from '../config/index.ts';
import type { Log } from '../telemetry/index.ts';
import type { Notify } from './role-view.ts';

export interface FollowedFileParts<C> {
  readonly file: string;
  readonly load: (file: string) => Promise<Loaded<C>>;
  /** Makes a changed configuration that of the running program. */
  readonly apply: (config: C) => void;
  readonly log: Log;
  readonly notify: Notify;
}

export class FollowedFile<C extends Parameters<typeof restartKeys>[0]> {
  readonly #parts: FollowedFileParts<C>;
  readonly #watch: FileWatch;
  #config: C;
  /** One reading at a time, each after the one before. */
  #reading: Promise<void> = Promise.resolve();

  constructor(config: C, parts: FollowedFileParts<C>) {
    this.#parts = parts;
    this.#config = config;
    this.#watch = watchFile(parts.file, () => void this.#readNext());
    void this.#readNext(); // it may have changed between its first reading and the watch's beginning
  }

  /** What the file said when it was last in order. */
  get config(): C {
    return this.#config;
  }

  /** Reads the file again; resolves when it is in force or refused. */
  async read(): Promise<void> {
    await this.#readNext();
    // The watch has not seen this content, and would take a way back to what it saw for no change at all.
    this.#watch.forget();
  }

  close(): void {
    this.#watch.close();
  }

  #readNext(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { file, load, apply, log, notify } = this.#parts;
    try {
      const { config, warnings } = await load(file);
      if (JSON.stringify(config) === JSON.stringify(this.#config)) return;
      const keys = restartKeys(this.#config as never, config as never);
      this.#config = config;
      apply(config);
      for (const warning of warnings) log.warn(formatProblem(warning));
      log.info(`${file} has changed: it is in force now`);
      const later = keys.length === 0 ? '' : `${keys.join(', ')}: only after a restart`;
      if (later !== '') log.warn(later);
      notify('file-reloaded', {}, later);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error(`${file} has changed and is refused, everything goes on as before:\n${error.message}`);
      notify('file-refused', {}, error.message);
    }
  }
}
