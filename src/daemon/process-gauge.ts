/** What the program itself takes. The event loop is watched from the first question on: it costs a timer. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { ProcessMetrics } from '../contract/index.ts';

/** Seldom enough for a small router to sleep between. */
const RESOLUTION_MS = 100;

export class ProcessGauge {
  #delay: IntervalHistogram | undefined;

  metrics(): ProcessMetrics {
    const { user, system } = process.cpuUsage();
    return {
      cpuUserSeconds: user / 1e6,
      cpuSystemSeconds: system / 1e6,
      residentBytes: process.memoryUsage.rss(),
      uptimeSeconds: process.uptime(),
      eventLoopDelaySeconds: this.#takeDelay(),
    };
  }

  #takeDelay(): ProcessMetrics['eventLoopDelaySeconds'] {
    if (this.#delay === undefined) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delay.enable();
    }
    // What it records is the time between two looks, in nanoseconds.
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
    const delay = { p99: late(this.#delay.percentile(99)), max: late(this.#delay.max) };
    this.#delay.reset();
    return delay;
  }
}
