/** What is measured of a link and of the tunnel, over a stretch of time. All about the direction received. */
import { z } from 'zod';

const count = z.number().nonnegative();
const share = z.number().min(0).max(1);

/** Lateness: how much later than a packet's first copy a link's copy came (a first copy: 0). */
export const lateness = z
  .object({ median: z.number(), p95: z.number(), p99: z.number() })
  .describe('Milliseconds later than the first copy of the same packet.');

/** One link over one stretch of time. */
export const pathFigures = z
  .object({
    packetsIn: count.describe('Copies received, of any kind.'),
    bytesIn: count,
    packetsOut: count.describe('Copies sent.'),
    bytesOut: count,
    first: count.describe('Packets whose first copy came here.'),
    late: count.describe("Copies that came later than another link's."),
    differing: count.describe('Copies with the index and counter of another, but other bytes: forged.'),
    lost: count.describe('Packets that never came here, whether or not another link delivered them.'),
    rescued: count.describe('Packets that came nowhere else.'),
    lossShare: share.nullable().describe('Lost, of all packets whose fate is known; null: none yet.'),
    firstShare: share.nullable().describe('First, of all copies that came; null: none came.'),
    latenessMs: lateness.nullable().describe('null: no copy came.'),
  })
  .meta({ id: 'PathFigures' });

/** The tunnel over one stretch of time: what WireGuard got. */
export const tunnelFigures = z
  .object({
    packets: count.describe('Different packets received.'),
    bytes: count,
    lost: count.describe('Packets that no link delivered, by the gaps in WireGuard’s counters.'),
    lossShare: share.nullable(),
    duplicatesDropped: count.describe('Late copies that ended here.'),
  })
  .meta({ id: 'TunnelFigures' });

/** The stretches of time that figures are kept for; `start`: since the program started. */
export const WINDOW_NAMES = ['10s', '1m', '15m', 'start'] as const;
export type WindowName = (typeof WINDOW_NAMES)[number];

/** Live rates: the last whole second. */
export const rates = z
  .object({
    inBitsPerSecond: count,
    outBitsPerSecond: count,
    inPacketsPerSecond: count,
    outPacketsPerSecond: count,
  })
  .meta({ id: 'Rates' });

/** What the tunnel would have lost with only these links. */
export const whatIfRow = z
  .object({
    paths: z.array(z.string()).describe('Names of the links that would have been there.'),
    lost: count,
    lossShare: share,
  })
  .meta({ id: 'WhatIfRow' });

export type PathFigures = z.infer<typeof pathFigures>;
export type TunnelFigures = z.infer<typeof tunnelFigures>;
export type Rates = z.infer<typeof rates>;
export type WhatIfRow = z.infer<typeof whatIfRow>;
