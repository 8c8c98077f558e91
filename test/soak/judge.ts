/**
 * Whether a soak was passed: of every figure the line by least squares through its samples, after a time to settle,
 * must not rise by more than is allowed from the first of them to the last.
 */
import type { Figure, Sample } from './samples.ts';

/**
 * Before that the server's past of three hundred links grows by 1.1 MiB a minute to its 32 MiB (src/history/past.ts), and
 * windows of fifteen minutes with what they look back on; code still gets compiled, heaps find their size.
 */
const settlingS = 36 * 60;
/** Of a soak that is too short for it. */
const mostSettling = 0.6;

/**
 * How far a line may rise, whatever the time it takes. Heap and buffers are measured after collections: what a shorter
 * soak adds to the past is in them. Resident memory is coarse: every five minutes the history is written, which takes
 * up to 30 MiB for a moment, and the C library gives back what it likes. Descriptors, timers and handles are counted
 * when every link is up, but some come and go with a request or a look at the file; one kept at each flap makes 280
 * in an hour.
 */
export const mostRise: Readonly<Record<Figure, number>> = {
  residentMib: 40,
  heapMib: 4,
  buffersMib: 10,
  descriptors: 1,
  threads: 0.5,
  resources: 2,
};

/** One figure of one program. */
export interface Trend {
  readonly figure: Figure;
  readonly first: number;
  readonly last: number;
  readonly highest: number;
  /** Of the line, from the first sample to the last. */
  readonly rise: number;
  readonly isLevel: boolean;
}

/** The samples that count: without those of the first 36 minutes, or of the first six tenths when it took less. */
export function settledOf(samples: readonly Sample[]): readonly Sample[] {
  const endS = samples.at(-1)?.atS ?? 0;
  return samples.filter(({ atS }) => atS >= Math.min(settlingS, endS * mostSettling));
}

/** @throws RangeError when there are not enough samples for a line */
export function trendOf(samples: readonly Sample[], figure: Figure): Trend {
  if (samples.length < 3) throw new RangeError(`Cannot judge ${figure} by ${samples.length} samples: want 3`);
  const points = samples.map((sample) => ({ x: sample.atS, y: sample[figure] }));
  const rise = slopeOf(points) * (points.at(-1)!.x - points[0]!.x);
  const values = points.map(({ y }) => y);
  return {
    figure,
    first: values[0]!,
    last: values.at(-1)!,
    highest: Math.max(...values),
    rise,
    isLevel: rise <= mostRise[figure],
  };
}

/**
 * When packets were lost, and how many: those that are not back at any later sample either.
 * @param outstanding packets sent and not back, at each sample
 */
export function lossesOf(
  outstanding: readonly number[],
): { readonly sample: number; readonly count: number }[] {
  const stays = outstanding.map((_, sample) => Math.min(...outstanding.slice(sample)));
  return stays.flatMap((count, sample) => {
    const more = count - (stays[sample - 1] ?? 0);
    return more > 0 ? [{ sample, count: more }] : [];
  });
}

function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const covariance = mean(points.map(({ x, y }) => (x - meanX) * (y - meanY)));
  return covariance / mean(points.map(({ x }) => (x - meanX) ** 2));
}
