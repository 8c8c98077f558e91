/**
 * The one clock of the packet loop and of those who read its counters: Unix milliseconds that never jump,
 * so that ages stay true when somebody sets the system's clock. The same in every thread.
 */
export function nowMs(): number {
  return ORIGIN + performance.now();
}

const ORIGIN = performance.timeOrigin;
