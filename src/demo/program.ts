/**
 * A rengarde program as a child process: started from the same build (or the same sources) as this file, its output
 * kept for the message when it ends though nobody asked it to.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the output the last so many characters are kept. */
const KEPT_CHARS = 8_000;
/** The programs promise to end within a second of SIGTERM; this is for one that doesn't. */
const KILL_AFTER_MS = 3_000;

/** Owned until `stop()`. Dies with this process at the latest. */
export class Program {
  readonly #title: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #killAtExit = () => this.#child.kill('SIGKILL');
  #output = '';
  #end: string | null = null;
  #isStopping = false;

  constructor(role: 'client' | 'server', configPath: string) {
    const file = fileURLToPath(
      new URL(`../bin/rengarde-${role}${extname(import.meta.url)}`, import.meta.url),
    );
    this.#title = `rengarde-${role}`;
    this.#child = spawn(process.execPath, [...process.execArgv, file, configPath], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-KEPT_CHARS);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    process.once('exit', this.#killAtExit);
    this.#ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.#end ??= how;
        process.off('exit', this.#killAtExit);
        resolve();
      };
      this.#child.once('error', (error) => end(`could not be started: ${error.message}`));
      this.#child.once('close', (code, signal) => end(`ended with ${signal ?? `exit status ${code}`}`));
    });
  }

  /** What went wrong, with the program's output; null while it runs and after `stop()`. */
  get failure(): string | null {
    if (this.#end === null || this.#isStopping) return null;
    return `${this.#title} ${this.#end}. ${this.outputForPeople}`;
  }

  /** The program's output, introduced and indented, for a message. */
  get outputForPeople(): string {
    const output = this.#output.trim();
    if (output === '') return `${this.#title} printed nothing`;
    return `${this.#title} printed:\n${output.replace(/^/gm, '    ')}`;
  }

  /** Asks it to end with SIGTERM and waits; kills it when it takes too long. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#end === null) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
