/** What a path's counts mean, in the units people use. */
import { latenessBucketStartUs } from '../relay/index.ts';
import { countOf, latenessOf, sessionLostOf, type Tally } from './tally.ts';

export interface PathFigures {
  /** Copies received and sent, of any kind. */
  readonly packetsIn: number;
  readonly bytesIn: number;
  readonly packetsOut: number;
  readonly bytesOut: number;
  /** Packets whose first copy came here; copies that came later than another path's; forged ones. */
  readonly first: number;
  readonly late: number;
  readonly differing: number;
  /** Packets that never came here, whether or not another path delivered them. */
  readonly lost: number;
  /** Packets that came nowhere else. */
  readonly rescued: number;
  /** lost / (lost + delivered), 0 to 1; null before anything was settled. */
  readonly lossShare: number | null;
  /** How much later than the first copy this path's copies came (a first copy: 0); null without any. */
  readonly latenessMs: { readonly median: number; readonly p95: number; readonly p99: number } | null;
}

export function figuresOf(tally: Tally): PathFigures {
  const delivered = countOf(tally, 'delivered');
  const lost = countOf(tally, 'lost') + sessionLostOf(tally);
  return {
    packetsIn: countOf(tally, 'inPackets'),
    bytesIn: countOf(tally, 'inBytes'),
    packetsOut: countOf(tally, 'outPackets'),
    bytesOut: countOf(tally, 'outBytes'),
    first: countOf(tally, 'first'),
    late: countOf(tally, 'late'),
    differing: countOf(tally, 'differing'),
    lost,
    rescued: countOf(tally, 'rescued'),
    lossShare: delivered + lost > 0 ? lost / (delivered + lost) : null,
    latenessMs: latenessFigures(latenessOf(tally)),
  };
}

function latenessFigures(buckets: Float64Array): PathFigures['latenessMs'] {
  const count = buckets.reduce((sum, value) => sum + value, 0);
  if (count === 0) return null;
  const at = (share: number) => quantileUs(buckets, count * share) / 1000;
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
