/**
 * The terminal while the live view has it: alternate screen, raw keys, drawing in one write without flicker, and
 * everything as it was afterwards, however the program ends. What is drawn is the caller's.
 * Source: xterm control sequences; mode 2026 (synchronized output) is ignored by terminals that don't know it.
 */

import { type Canvas, canvasOf } from './canvas.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const BEGIN_FRAME = '\x1b[?2026h\x1b[H';
const END_OF_LINE = '\x1b[K';
const END_FRAME = '\x1b[J\x1b[?2026l';

/** Owns both streams from `enter()` to `leave()`. */
export class Screen {
  readonly #output: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;
  readonly #onKey: (key: string) => void;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #leave = () => this.leave();
  readonly #read = (chunk: Buffer) => {
    for (const key of chunk.toString('latin1')) this.#onKey(key);
  };
  readonly #end = () => this.#onKey('\x04');
  #isEntered = false;

  /** `onKey` gets one character per key pressed; Ctrl-C and Ctrl-D come as \x03 and \x04, and as \x04 the end of input. */
  constructor(
    output: NodeJS.WriteStream,
    input: NodeJS.ReadStream,
    environment: NodeJS.ProcessEnv,
    onKey: (key: string) => void,
  ) {
    this.#output = output;
    this.#input = input;
    this.#environment = environment;
    this.#onKey = onKey;
  }

  enter(): void {
    this.#isEntered = true;
    process.once('exit', this.#leave);
    this.#output.write(ENTER);
    this.#input.setRawMode(true);
    this.#input.on('data', this.#read);
    this.#input.once('end', this.#end);
    this.#input.resume();
  }

  get canvas(): Canvas {
    return canvasOf(this.#output, this.#environment);
  }

  /** Replaces what is shown; lines must fit the canvas. */
  draw(lines: readonly string[]): void {
    this.#output.write(`${BEGIN_FRAME}${lines.map((line) => line + END_OF_LINE).join('\r\n')}${END_FRAME}`);
  }

  /** Gives the terminal back. Safe to call twice. */
  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    process.off('exit', this.#leave);
    this.#input.off('data', this.#read);
    this.#input.off('end', this.#end);
    this.#input.setRawMode(false);
    this.#input.pause();
    this.#output.write(LEAVE);
  }
}
