/** Milliseconds on the monotonic clock that all processes of this machine share, so that their times compare. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
