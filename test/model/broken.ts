/** A promise that the relay broke, by its short name, and what happened. */
export class Broken extends Error {
  constructor(promise: string, happened: string) {
    super(`Broken promise "${promise}": ${happened}`);
  }
}
