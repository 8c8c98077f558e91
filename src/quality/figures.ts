/** What a path's counts mean, in the units people use. */
import type { PathFigures } from '../contract/index.ts';
import { latenessBucketStartUs } from '../relay/index.ts';
import { countOf, latenessOf, lostOf, type Tally } from './tally.ts';

export function figuresOf(tally: Tally): PathFigures {
  const first = countOf(tally, 'first');
  const came = first + countOf(tally, 'late');
  return {
    packetsIn: countOf(tally, 'inPackets'),
    bytesIn: countOf(tally, 'inBytes'),
    packetsOut: countOf(tally, 'outPackets'),
    bytesOut: countOf(tally, 'outBytes'),
    first,
    late: countOf(tally, 'late'),
    differing: countOf(tally, 'differing'),
    lost: lostOf(tally),
    rescued: countOf(tally, 'rescued'),
    lossShare: lossShareOf(tally),
    firstShare: came > 0 ? first / came : null,
    latenessMs: latenessMsOf(latenessOf(tally)),
  };
}

/** Of the packets whose fate on the path is known; null when there are none. */
export function lossShareOf(tally: Tally): number | null {
  const lost = lostOf(tally);
  const settled = countOf(tally, 'delivered') + lost;
  return settled > 0 ? lost / settled : null;
}

/** Median and percentiles of a histogram; null when it is empty. */
export function latenessMsOf(buckets: Float64Array): PathFigures['latenessMs'] {
  const count = buckets.reduce((sum, value) => sum + value, 0);
  if (count === 0) return null;
  const at = (share: number) => Math.round(quantileUs(buckets, count * share)) / 1000;
  return { median: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** Within the bucket where the rank falls, copies are taken to be spread evenly. Bucket 0 counts as 0. */
function quantileUs(buckets: Float64Array, rank: number): number {
  let below = 0;
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    const here = buckets[bucket]!;
    if (below + here >= rank && here > 0) {
      if (bucket === 0) return 0;
      const start = latenessBucketStartUs(bucket);
      return start + ((rank - below) / here) * (latenessBucketStartUs(bucket + 1) - start);
    }
    below += here;
  }
  return 0;
}
