/** `rengarde status` from the wishes to the exit status. */
import { Asker, CannotAsk } from '../asking/index.ts';
import { canvasOf } from '../terminal/index.ts';
import { headlineOf } from './headline.ts';
import { placesToAsk, type Wishes } from './places.ts';
import { type Known, viewOf } from './view.ts';
import { type Terminal, watch, watchAsJson } from './watch.ts';

/** The worst ones; the rest is a number. */
const SESSIONS = 10;

export interface StatusOptions extends Wishes, Terminal {
  /** engarde.yml, unless there is a URL. */
  readonly file: string;
  readonly errors: NodeJS.WritableStream;
  /** Take any certificate. */
  readonly isInsecure: boolean;
  /** The overview as the API gives it. */
  readonly asJson: boolean;
  /** Until somebody ends it. */
  readonly isLive: boolean;
}

/**
 * Asks, and prints what the program says of itself. Returns the exit status: 0 it works, or has nothing to carry;
 * 1 it does not work; 2 it cannot be asked. Of a live view: 0, or 128 + the number of the signal that ended it.
 */
export async function showStatus(options: StatusOptions): Promise<number> {
  const { output, errors, environment, asJson, isLive } = options;
  let asker: Asker | undefined;
  try {
    if (isLive && !asJson && !(output.isTTY && options.input.isTTY)) {
      throw new CannotAsk('Cannot watch without a terminal: want one (ssh -t), or --watch --json');
    }
    const first = await firstAnswer(options);
    asker = first.asker;
    if (isLive && asJson) return await watchAsJson(asker, output, errors);
    const known = await withSessions(asker, first.known);
    if (isLive) return await watch(asker, known, options);
    const nowMs = Date.now();
    const lines = asJson ? [first.text] : viewOf(known, canvasOf(output, environment), nowMs);
    output.write(`${lines.join('\n')}\n`);
    return headlineOf(known.overview, nowMs).mood === 'bad' ? 1 : 0;
  } catch (error) {
    if (!(error instanceof CannotAsk)) throw error;
    errors.write(`rengarde: ${error.message}\n`);
    return 2;
  } finally {
    asker?.close();
  }
}

/** With both roles in the file: whichever answers on this host. @throws {CannotAsk} with every reason */
async function firstAnswer({ file, isInsecure, ...wishes }: StatusOptions) {
  const reasons: string[] = [];
  for (const place of await placesToAsk(file, wishes)) {
    const asker = new Asker(place, isInsecure);
    try {
      const { overview, text } = await asker.overview();
      return { asker, known: { overview }, text };
    } catch (error) {
      asker.close();
      if (!(error instanceof CannotAsk)) throw error;
      reasons.push(error.message);
    }
  }
  throw new CannotAsk(reasons.join('\n'));
}

async function withSessions(asker: Asker, known: Known): Promise<Known> {
  if (known.overview.role === 'client') return known;
  return { ...known, list: await asker.sessions(SESSIONS) };
}
