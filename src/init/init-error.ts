/** What `rengarde init` cannot do, in words for the person at the terminal. */

/** Nothing has been written, or everything that was has been taken back. The message names the remedy. */
export class InitError extends Error {}
