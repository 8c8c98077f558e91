/**
 * The file that keeps the past over a restart. It is never worth more than the program: what cannot be read is
 * set aside, what cannot be written is said once, and neither throws.
 */
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { ZodError, z } from 'zod';
import { Past, type PastLimits } from './past.ts';
import { readPast, writePast } from './past-format.ts';

/**
 * A file, or its text, that is longer is refused. Ours have some hundred KiB; with 10,000 events of the longest and
 * links by the hundred thousand the text has 36 MiB.
 */
const MAX_BYTES = 64 * 1024 * 1024;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Where it says what went wrong, and that it went well again. */
export type PastFileLog = (level: 'info' | 'warn', message: string) => void;

export class PastFile {
  readonly #path: string;
  readonly #log: PastFileLog;
  #saving: Promise<boolean> | undefined;
  #isFailing = false;

  constructor(path: string, log: PastFileLog) {
    this.#path = path;
    this.#log = log;
  }

  /** The past as the file has it; empty when there is none. A damaged file becomes `NAME.damaged`. */
  async load(limits: Partial<PastLimits> = {}): Promise<Past> {
    try {
      const past = new Past(limits);
      past.restore(readPast(await this.#read()));
      return past;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') await this.#setAside(error);
      return new Past(limits);
    }
  }

  /**
   * Replaces the file as a whole: after a crash it is the old one or the new one. Returns whether it worked. A
   * call while another is at work waits for that one and then writes what is true by then.
   */
  async save(past: Past): Promise<boolean> {
    while (this.#saving !== undefined) await this.#saving;
    this.#saving = this.#write(past);
    const worked = await this.#saving;
    this.#saving = undefined;
    return worked;
  }

  async #read(): Promise<string> {
    const { size } = await stat(this.#path);
    if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, at most ${MAX_BYTES} are wanted`);
    const text = await decompress(await readFile(this.#path), { maxOutputLength: MAX_BYTES });
    return text.toString('utf8');
  }

  async #setAside(error: unknown): Promise<void> {
    const aside = `${this.#path}.damaged`;
    const found = `Cannot read the history in ${this.#path}: ${reason(error)}`;
    try {
      await rename(this.#path, aside);
      this.#log('warn', `${found}; it is now ${aside}, and the history begins anew`);
    } catch (renameError) {
      this.#log('warn', `${found}; it cannot be set aside either: ${reason(renameError)}`);
    }
  }

  async #write(past: Past): Promise<boolean> {
    try {
      const bytes = await compress(writePast(past.content()));
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      await replaceFile(this.#path, bytes);
    } catch (error) {
      if (!this.#isFailing)
        this.#log('warn', `Cannot keep the history in ${this.#path}: ${reason(error)}; it is tried again`);
      this.#isFailing = true;
      return false;
    }
    if (this.#isFailing) this.#log('info', `The history is kept again in ${this.#path}`);
    this.#isFailing = false;
    return true;
  }
}

/** Writes beside it, has it on the disk, and then gives it the name; what is left of a crash is overwritten. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  await rm(beside, { force: true });
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    // It is of no use any more, and the disk may be full.
    await rm(beside, { force: true });
    throw error;
  }
}

/** On one line and short: messages quote what was found in the file, which may be anything. */
function reason(error: unknown): string {
  const text = error instanceof ZodError ? z.prettifyError(error) : String((error as Error).message ?? error);
  return text.slice(0, 300).replaceAll(/[\p{C}\u2028\u2029]+/gu, ' ');
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
