/**
 * One open event stream: what waits for its reader is bounded. A reader that does not read is cut off instead
 * of kept waiting, and begins anew with everything when it is back. Server-sent events: HTML standard, 9.2.
 */
import type { ServerResponse } from 'node:http';
import type { StreamEvents } from '../../contract/index.ts';

/** What may wait for one reader; above it the stream is closed. */
const MAX_WAITING_BYTES = 1024 * 1024;

/** Sent first: how long a browser waits before it tries again. */
const BEGINNING = Buffer.from('retry: 1000\n\n');

/** Keeps the connection alive through whatever forgets idle ones, and shows that the reader is gone. */
export const COMMENT = Buffer.from(':\n\n');

/** A reader of the stream, from its request to its end. */
export class Viewer {
  /** The session that it asked for; undefined: the client's, or none. */
  readonly session: string | undefined;
  readonly #onEnd: (viewer: Viewer) => void;
  /** What came before the answer had begun. */
  readonly #early: Uint8Array[] = [BEGINNING];
  #answer: ServerResponse | undefined;
  #hasEnded = false;

  /** @param onEnd the stream has ended, by whichever side; called once */
  constructor(session: string | undefined, onEnd: (viewer: Viewer) => void) {
    this.session = session;
    this.#onEnd = onEnd;
  }

  /** Whoever ended it: nothing is sent to it any more. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Goes on with `answer`, whose head is written: straight to it, for a stream of the web's kind between the two
   * costs as much again for each event.
   */
  begin(answer: ServerResponse): void {
    const early = Buffer.concat(this.#early.splice(0));
    if (answer.destroyed) {
      this.#forget();
    } else if (this.#hasEnded) {
      answer.end(early);
    } else {
      this.#answer = answer;
      answer.once('close', () => this.#forget());
      answer.write(early);
    }
  }

  /** @param bytes kept until sent, and shared with other viewers: nobody may change them */
  send(bytes: Uint8Array): void {
    if (this.#hasEnded) return;
    if (this.#answer === undefined) {
      this.#early.push(bytes);
      return;
    }
    this.#answer.write(bytes);
    if (this.#answer.writableLength <= MAX_WAITING_BYTES) return;
    this.#forget();
    this.#answer.destroy();
  }

  /** Ends the stream after what waits has been sent. */
  end(): void {
    this.#forget();
    this.#answer?.end();
  }

  #forget(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd(this);
  }
}

/** An event of the stream as bytes, made once for all viewers. */
export function encodeEvent<Name extends keyof StreamEvents>(
  name: Name,
  data: StreamEvents[Name],
): Uint8Array {
  return Buffer.from(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
