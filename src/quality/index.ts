/** What the packet loop's counters say about each link, for people: windows, percentiles, what-if. */
export { PathGauge, type PathSecond } from './path-gauge.ts';
export { Silence } from './silence.ts';
export { LATENESS_BOUNDS_SECONDS, PathSum, TunnelSum } from './totals.ts';
export { TunnelGauge } from './tunnel-gauge.ts';
export { type WhatIf, whatIf } from './what-if.ts';
