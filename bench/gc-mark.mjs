/**
 * Loaded into every thread of a program under measurement (`--import`), which runs with --trace-gc: makes the packet
 * loop's thread say who it is and collect once, so that the line V8 prints next has the loop's isolate. A
 * PerformanceObserver would never be called there, because the loop doesn't return to its event loop.
 */
import { writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { workerData } from 'node:worker_threads';

// What src/daemon/loop-protocol.ts, LoopStart, has and the other threads' data have not.
if (workerData?.settings !== undefined && workerData.counters !== undefined) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  writeSync(1, 'packet loop\n');
  collect();
}
