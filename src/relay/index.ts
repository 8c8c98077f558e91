/** The packet path, pure: which datagram goes where. */
export { LearnedPaths, type LearnedPathsOptions } from './learned-paths.ts';
export { ONLY_SESSION, Relay, type RelayOptions } from './relay.ts';
