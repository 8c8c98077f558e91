/** The clock that all processes of a measurement share. */

/** Where a stamped packet has the time it was sent, in bytes from its beginning. */
export const SENT_AT = 16;

/** Microseconds of CLOCK_MONOTONIC. */
export function monotonicUs() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}
