/** What the packet loop's counters say about each link, for people: windows, percentiles, what-if. */
export type { PathFigures } from './figures.ts';
export { type WhatIf, whatIf } from './what-if.ts';
export { PathWindows, type WindowName } from './windows.ts';
