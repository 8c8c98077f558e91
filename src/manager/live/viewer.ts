/**
 * One open event stream: what waits for its reader is bounded. A reader that does not read is cut off instead
 * of kept waiting, and begins anew with everything when it is back. Server-sent events: HTML standard, 9.2.
 */
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
  readonly body: ReadableStream<Uint8Array>;
  readonly #cutOff: () => void;
  readonly #onEnd: (viewer: Viewer) => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /**
   * @param cutOff closes the connection without waiting for its reader
   * @param onEnd the stream has ended, by whichever side; called once
   */
  constructor(session: string | undefined, cutOff: () => void, onEnd: (viewer: Viewer) => void) {
    this.session = session;
    this.#cutOff = cutOff;
    this.#onEnd = onEnd;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.#forget(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_WAITING_BYTES }),
    );
    this.send(BEGINNING);
  }

  /** @param bytes kept until sent, and shared with other viewers: nobody may change them */
  send(bytes: Uint8Array): void {
    if (this.#controller === undefined) return;
    this.#controller.enqueue(bytes);
    if ((this.#controller.desiredSize ?? 0) >= 0) return;
    this.#forget();
    this.#cutOff();
  }

  /** Ends the stream after what waits has been sent. */
  end(): void {
    const controller = this.#controller;
    this.#forget();
    controller?.close();
  }

  #forget(): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
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
