/** Asks a running program what its management server tells, by HTTP: from this host or another, once or as it happens. */
export { Asker } from './asker.ts';
export { CannotAsk } from './cannot-ask.ts';
export { type Place, placesOf } from './place.ts';
