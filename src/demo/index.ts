/**
 * The demo: both programs, three bad links and a WireGuard endpoint on either side, on one machine and without any
 * rights. The link serves tests and benchmarks too.
 */

export type { LaneCounters, LinkTraits } from './lane.ts';
export { Link, type LinkOptions } from './link.ts';
export { type DemoOptions, runDemo } from './run.ts';
