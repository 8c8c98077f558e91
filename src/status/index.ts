/** What a running program says of itself, in a terminal: asked by its HTTP API, from this host or another. */
export { CannotAsk } from '../asking/index.ts';
export { type StatusOptions, showStatus } from './show.ts';
