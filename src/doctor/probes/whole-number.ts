/** A count in the output of another program. */

/** 0 for what is none: a count that is not known is not there. */
export function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}
