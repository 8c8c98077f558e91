/** The past: seconds, events and outages, bounded in memory and kept over a restart. */
export type { Frame, NewTrack } from './frame.ts';
export { historyFilePath } from './history-file-path.ts';
export { Past } from './past.ts';
export { PastFile } from './past-file.ts';
