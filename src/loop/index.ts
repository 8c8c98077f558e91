/** The packet loop: its threads, and the control thread's hold on them. */
export { engineWish } from './engine-wish.ts';
export { beginLoop } from './loop-worker.ts';
export { PacketLoop, type PacketLoopEvents } from './packet-loop.ts';
export type { LoopSettings } from './protocol.ts';
