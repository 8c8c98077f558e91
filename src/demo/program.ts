/**
 * A rengarde program as a child process: its output kept for the message when it ends though nobody asked it to, and
 * a channel to it when somebody listens.
 */

import { type ChildProcess, spawn } from 'node:child_process';

/** Of the output the last so many characters are kept. */
const KEPT_CHARS = 8_000;
/** The programs promise to end within a second of SIGTERM; this is for one that doesn't. */
const KILL_AFTER_MS = 3_000;

export interface ProgramOptions {
  /** For messages. */
  readonly title: string;
  /** Node's: the program's file, and what it gets. */
  readonly args: readonly string[];
  /** On top of this process's. */
  readonly environment: NodeJS.ProcessEnv;
  /** Called for each message of the program; with it the program has a channel (`process.send`). */
  readonly onMessage?: (message: unknown) => void;
}

/** Owned until `stop()`. Dies with this process at the latest. */
export class Program {
  readonly #title: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #killAtExit = () => this.#child.kill('SIGKILL');
  #output = '';
  #end: string | null = null;
  #isStopping = false;

  constructor({ title, args, environment, onMessage }: ProgramOptions) {
    this.#title = title;
    this.#child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...(onMessage === undefined ? [] : (['ipc'] as const))],
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-KEPT_CHARS);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    if (onMessage !== undefined) this.#child.on('message', onMessage);
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

  /** Says something to a program with a channel. One that has ended hears nothing. */
  send(message: object): void {
    // A channel that closes just now fails the message; that the program ended shows in `failure`.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Asks it to end and waits; kills it when it takes too long. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#isStopping = true;
    if (this.#end === null) this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    await this.#ended;
    clearTimeout(timer);
  }
}
