/**
 * A program that runs in a namespace: its output is kept for failure messages, waits are bounded, and how
 * it ended is reported. What the rengarde programs are given is lab.ts's.
 */
import type { ChildProcess } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from './namespace.ts';

/** Of each program's output the last so many characters are kept. */
const keptOutputChars = 40_000;
/** Generous: a Node program starts within 0.3 s alone, and within some seconds on two busy cores. */
const waitTimeoutMs = 20_000;
const pollMs = 20;
/** After that an ending program is killed. */
const stopTimeoutMs = 5_000;

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal that asked for the end to the end. 0 when it had ended before. */
  readonly elapsedMs: number;
}

/** A child process inside a namespace, owned until `stop()`. */
export class Program {
  /** The command line, for messages. */
  readonly title: string;
  readonly #namespace: Namespace;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #isStopping = false;
  #end: { code: number | null; signal: NodeJS.Signals | null } | null = null;

  /** Starts the command. A failure to start shows in the first wait. */
  constructor(
    namespace: Namespace,
    command: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ) {
    this.#namespace = namespace;
    this.title = [command, ...args].join(' ');
    this.#child = namespace.spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-keptOutputChars);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#output += `\n${error.message}`;
        this.#end = { code: null, signal: null };
        resolve();
      });
      this.#child.once('close', (code, signal) => {
        this.#end = { code, signal };
        resolve();
      });
    });
  }

  /** Standard output and error so far, mixed as they came; the end of it when there is much. */
  get output(): string {
    return this.#output;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Calls back for each complete line of standard output from now on. */
  onLine(callback: (line: string) => void): void {
    if (this.#child.stdout !== null) createInterface({ input: this.#child.stdout }).on('line', callback);
  }

  /** Waits until the condition holds; rejects with the output when the program ends or time runs out. */
  async waitFor(
    what: string,
    holds: () => boolean | Promise<boolean>,
    timeoutMs = waitTimeoutMs,
  ): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await holds())) {
      if (this.#end !== null) throw this.#failure(`ended (${describeEnd(this.#end)}) before ${what}`);
      if (performance.now() > deadline) throw this.#failure(`shows no ${what} within ${timeoutMs} ms`);
      await sleep(pollMs);
    }
  }

  /** Waits until the output holds the text or matches the pattern. */
  async waitForOutput(wanted: string | RegExp, timeoutMs = waitTimeoutMs): Promise<void> {
    const holds = () =>
      typeof wanted === 'string' ? this.#output.includes(wanted) : wanted.test(this.#output);
    await this.waitFor(`output ${wanted}`, holds, timeoutMs);
  }

  /** Waits until a UDP socket is bound to the port in the program's namespace. */
  async waitForUdpPort(port: number, timeoutMs = waitTimeoutMs): Promise<void> {
    await this.waitFor(`UDP port ${port}`, () => this.#namespace.hasUdpPort(port), timeoutMs);
  }

  /** Sends the signal and waits for the end; kills what doesn't end by itself, which then shows as SIGKILL. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProgramEnd> {
    const start = performance.now();
    if (this.#end !== null) return { ...this.#end, elapsedMs: 0 };
    this.#isStopping = true;
    this.#child.kill(signal);
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs);
    await this.#ended;
    clearTimeout(kill);
    return { ...this.#end!, elapsedMs: performance.now() - start };
  }

  /** What to say, with the output, when the program ended though nobody asked it to; null when it did not. */
  get unexpectedEnd(): string | null {
    if (this.#end === null || this.#isStopping) return null;
    return this.#failure(`ended by itself (${describeEnd(this.#end)})`).message;
  }

  #failure(what: string): Error {
    return new Error(`${this.title} ${what}. Its output:\n${this.#output.trim() || '(none)'}`);
  }
}

function describeEnd(end: { code: number | null; signal: NodeJS.Signals | null }): string {
  return end.signal ?? `exit ${end.code ?? 'unknown: could not start'}`;
}
