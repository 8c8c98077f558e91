/** The packet path, pure: which datagram goes where, and what each path is worth. */
export type { AdmissionLimits } from './admission.ts';
export { latenessBucketStartUs } from './quality.ts';
export { ONLY_SESSION, Relay, type RelayOptions, type ServerOptions } from './relay.ts';
export { MOST_SLOTS } from './session-paths.ts';
