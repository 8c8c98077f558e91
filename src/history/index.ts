/** The past: seconds, events and outages, bounded in memory and kept over a restart. */
export type { Frame, NewTrack } from './frame.ts';
