/** What a session's WireGuard got, over the last second and every window, from the session's counters. */
import type { TunnelFigures, WindowName } from '../contract/index.ts';
import { type Counters, S, type SessionColumn } from '../net/index.ts';
import { Windows } from './windows.ts';

const COLUMNS = ['packets', 'bytes', 'lost', 'duplicatesDropped'] as const satisfies readonly SessionColumn[];
const OFFSETS = COLUMNS.map((column) => S[column]);

const scratch = new Float64Array(COLUMNS.length);

export class TunnelGauge {
  readonly #counters: Counters;
  readonly #session: number;
  readonly #windows: Windows;

  /** @param nowMs when the session began, its counters all zero */
  constructor(counters: Counters, session: number, nowMs: number) {
    this.#counters = counters;
    this.#session = session;
    this.#windows = new Windows(COLUMNS.length, nowMs);
  }

  /** Call it every second. */
  sample(nowMs: number): void {
    this.#windows.sample(this.#present(), nowMs);
  }

  figures(window: WindowName): TunnelFigures {
    return figuresOf(this.#windows.since(window, this.#present()));
  }

  second(): TunnelFigures {
    return figuresOf(this.#windows.second);
  }

  /** All counts as of the last sample: they stay when the counters are another's. */
  sampled(): TunnelFigures {
    return figuresOf(this.#windows.sampled);
  }

  rates(): { readonly inBitsPerSecond: number; readonly inPacketsPerSecond: number } {
    const { packets, bytes } = this.second();
    const perSecond = 1000 / (this.#windows.secondMs || 1000);
    return {
      inBitsPerSecond: Math.round(bytes * 8 * perSecond),
      inPacketsPerSecond: Math.round(packets * perSecond),
    };
  }

  /** Valid until the next call, of any gauge. */
  #present(): Float64Array {
    const block = this.#counters.sessionBlock(this.#session);
    const { values } = this.#counters;
    for (let i = 0; i < OFFSETS.length; i++) scratch[i] = values[block + OFFSETS[i]!]!;
    return scratch;
  }
}

function figuresOf(row: Float64Array): TunnelFigures {
  const [packets, bytes, counted, duplicatesDropped] = row as unknown as [number, number, number, number];
  const lost = Math.max(0, counted); // a packet given up for lost may still come
  return {
    packets,
    bytes,
    lost,
    lossShare: packets + lost > 0 ? lost / (packets + lost) : null,
    duplicatesDropped,
  };
}
