/** Counts of many links or sessions together, those that are gone included: for figures that must only ever grow. */
import { LATENESS_BUCKETS } from '../net/index.ts';
import { latenessBucketStartUs } from '../relay/index.ts';
import type { PathGauge } from './path-gauge.ts';
import { countOf, emptyTally, latenessOf, lostOf, type TallyColumn } from './tally.ts';
import type { TunnelGauge } from './tunnel-gauge.ts';

/** Upper bounds of `PathTotal.lateness`, one per doubling; what is later is in the entry after the last. */
export const LATENESS_BOUNDS_SECONDS: readonly number[] = Array.from(
  { length: LATENESS_BUCKETS / 2 },
  (_, i) => latenessBucketStartUs(2 * i + 1) / 1e6,
);

/** `lost` may shrink by a packet or two: one given up for lost may still come. */
export type PathTotal = Readonly<Record<TallyColumn, number>> & { readonly lateness: readonly number[] };

export class PathSum {
  readonly #tally = emptyTally();

  add(link: PathGauge | PathSum): void {
    const row = link instanceof PathSum ? link.#tally : link.sampled;
    for (let i = 0; i < row.length; i++) this.#tally[i]! += row[i]!;
  }

  total(): PathTotal {
    const of = (column: TallyColumn) => countOf(this.#tally, column);
    return {
      inPackets: of('inPackets'),
      inBytes: of('inBytes'),
      outPackets: of('outPackets'),
      outBytes: of('outBytes'),
      first: of('first'),
      late: of('late'),
      differing: of('differing'),
      delivered: of('delivered'),
      rescued: of('rescued'),
      lost: lostOf(this.#tally),
      lateness: byDoubling(latenessOf(this.#tally)),
    };
  }
}

/** What WireGuard got, of many sessions. */
export interface TunnelTotal {
  readonly packets: number;
  readonly bytes: number;
  readonly lost: number;
  readonly duplicatesDropped: number;
}

export class TunnelSum {
  #total: TunnelTotal = { packets: 0, bytes: 0, lost: 0, duplicatesDropped: 0 };

  add(session: TunnelGauge | TunnelSum): void {
    const { packets, bytes, lost, duplicatesDropped } =
      session instanceof TunnelSum ? session.#total : session.sampled();
    this.#total = {
      packets: this.#total.packets + packets,
      bytes: this.#total.bytes + bytes,
      lost: this.#total.lost + lost,
      duplicatesDropped: this.#total.duplicatesDropped + duplicatesDropped,
    };
  }

  total(): TunnelTotal {
    return this.#total;
  }
}

/** Bucket 0 and the last are alone, the others two to a doubling. */
function byDoubling(buckets: Float64Array): number[] {
  return Array.from({ length: LATENESS_BUCKETS / 2 + 1 }, (_, i) =>
    i === 0 ? buckets[0]! : buckets[2 * i - 1]! + (buckets[2 * i] ?? 0),
  );
}
