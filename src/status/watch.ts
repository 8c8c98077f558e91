/** The live view: the whole terminal, drawn anew every second and at every news, until a key or a signal ends it. */
import type { Asker } from '../asking/index.ts';
import { plain, Screen } from '../terminal/index.ts';
import { wrap } from './columns.ts';
import { follow } from './follow.ts';
import { formatDuration } from './units.ts';
import { type Known, viewOf } from './view.ts';

const DRAW_MS = 1_000;
const SESSIONS = 50;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** The terminal to use. */
export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly environment: NodeJS.ProcessEnv;
}

/** Ends with q, Ctrl-C, Ctrl-D or a signal; returns the exit status. */
export async function watch(asker: Asker, first: Known, terminal: Terminal): Promise<number> {
  const { input, output, environment } = terminal;
  let known = first;
  let heardMs = Date.now();
  let lost = '';
  const screen = new Screen(output, input, environment, (key) => {
    if (['q', 'Q', '\x03', '\x04'].includes(key)) stop.abort();
  });
  const draw = () => {
    const { canvas } = screen;
    const nowMs = Date.now();
    const news = lost === '' ? [] : lostLines(lost, (nowMs - heardMs) / 1000, canvas.columns);
    const lines = [...news, ...viewOf(known, canvas, nowMs)].slice(0, Math.max(1, canvas.rows - 2));
    screen.draw([...lines, '', 'q ends'].slice(0, canvas.rows));
  };
  const stop = new AbortController();
  const listener = {
    sessions: SESSIONS,
    onNews(next: Known) {
      known = next;
      heardMs = Date.now();
      lost = '';
      draw();
    },
    onLost(reason: string) {
      lost = reason;
      draw();
    },
  };
  screen.enter();
  draw();
  const timer = setInterval(draw, DRAW_MS);
  output.on('resize', draw);
  try {
    return await untilSignal(stop, output, () => follow(asker, listener, stop.signal));
  } finally {
    output.off('resize', draw);
    clearInterval(timer);
    screen.leave();
  }
}

/** The same for programs: every overview as a line of JSON, until a signal or the reader's end. */
export async function watchAsJson(
  asker: Asker,
  output: NodeJS.WritableStream,
  errors: NodeJS.WritableStream,
) {
  const stop = new AbortController();
  let lost = '';
  const listener = {
    sessions: 1,
    onNews(_known: Known, text: string) {
      lost = '';
      output.write(`${text}\n`);
    },
    onLost(reason: string) {
      if (reason !== lost) errors.write(`rengarde: ${reason}; trying again\n`);
      lost = reason;
    },
  };
  return untilSignal(stop, output, () => follow(asker, listener, stop.signal));
}

/** Runs until `stop`, which signals and a reader that has gone do too; returns the exit status. */
async function untilSignal(stop: AbortController, output: NodeJS.WritableStream, run: () => Promise<void>) {
  let status = 0;
  const end = () => stop.abort();
  const listeners = Object.entries(SIGNALS).map(([signal, number]) => {
    const listener = () => {
      status = number;
      stop.abort();
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  output.on('error', end);
  try {
    await run();
    return status;
  } finally {
    output.off('error', end);
    for (const remove of listeners) remove();
  }
}

function lostLines(reason: string, ageSeconds: number, width: number): string[] {
  const text = `Not connected, last news ${formatDuration(ageSeconds)} ago; trying again. ${reason}`;
  return [...wrap(plain(text), width), ''];
}
