/** The packet path, pure: which datagram goes where, and what each path is worth. */
export type { AdmissionLimits } from './admission.ts';
export { Places } from './places.ts';
export { latenessBucketStartUs } from './quality.ts';
export { ONLY_SESSION, Relay, type RelayOptions } from './relay.ts';
export type { LoopPlace, ServerOptions } from './server-side.ts';
export { MOST_SLOTS } from './session-paths.ts';
