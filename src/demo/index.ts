/**
 * The demo: both programs, three bad links and a WireGuard endpoint on either side, on one machine and without any
 * rights. Tests and benchmarks use its link.ts on its own.
 */

export type { CutMessage, LinksMessage } from './page-control.ts';
export { type DemoOptions, runDemo } from './run.ts';
