/** Questions on a terminal, by @inquirer/prompts. Ctrl-C ends them. */
import { checkbox, confirm, input, select } from '@inquirer/prompts';
import type { Asker } from '../init/index.ts';

/** The terminal: this program's own, or another for tests. */
export interface Terminal {
  readonly input?: NodeJS.ReadableStream;
  readonly output?: NodeJS.WritableStream;
}

export function terminalAsker(terminal: Terminal = {}): Asker {
  return {
    text: (message, validate, initial) =>
      input({ message, validate, ...(initial !== undefined && { default: initial }) }, terminal),
    choose: (message, choices) => select({ message, choices }, terminal),
    chooseSome: (message, choices) =>
      checkbox(
        { message, required: true, choices: choices.map((choice) => ({ ...choice, checked: true })) },
        terminal,
      ),
    confirm: (message) => confirm({ message, default: false }, terminal),
  };
}

/** Whether the question was left by Ctrl-C, or the terminal went away. */
export function isAbandoned(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError');
}
