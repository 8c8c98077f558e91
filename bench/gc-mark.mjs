/**
 * Loaded into every thread of a program under measurement (`--import`), which runs with --trace-gc: makes the packet
 * loops' threads collect garbage once on purpose, so that the line V8 prints of it has the thread's isolate. A
 * PerformanceObserver would never be called there, because a loop doesn't return to its event loop.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { workerData } from 'node:worker_threads';

// What src/loop/protocol.ts, LoopPreparation, has and the other threads' data have not.
if (workerData?.stopFlag !== undefined) {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}
