/** Instead of a URL of a file: the scripts of threads are in the executable. */
import { getRawAsset } from 'node:sea';
import { provideLibrary } from './library.ts';

/** @param name of a thread's script without its ending: `packet-loop-thread` */
export function threadUrl(name: string): URL {
  try {
    provideLibrary(); // one for all threads: each can find it, none has to make its own
  } catch {
    // The thread that needs it will fail in the same way, and knows how to say so or do without.
  }
  const script = Buffer.from(getRawAsset(`scripts/${name}.js`) as ArrayBuffer);
  return new URL(`data:text/javascript;base64,${script.toString('base64')}`);
}
