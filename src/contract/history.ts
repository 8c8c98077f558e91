/**
 * The past, second by second: a cell per track and second. A track is a session's tunnel or one of its links.
 * Cells are rows of numbers, because there are many: `CELL_COLUMNS` names them.
 */
import { z } from 'zod';

/**
 * What happened in a cell, mildest first; of several cells together the last in this list that occurred.
 * `none`: nothing is known, the program did not run or the link did not exist. `idle`: open, but nothing came
 * on any link. `first`: it delivered, mostly ahead of the others (a tunnel: all packets came). `late`: it
 * delivered behind the others. `excluded`, `down`: as the states of a path. `lossy`: packets did not come here
 * (a tunnel: came nowhere). `silent`: nothing came here, though other links delivered.
 */
export const CELL_STATES = ['none', 'idle', 'first', 'late', 'excluded', 'down', 'lossy', 'silent'] as const;
export type CellState = (typeof CELL_STATES)[number];

/**
 * Columns of a cell. `state`: index into CELL_STATES. The rest as in PathFigures; of a tunnel `first` is the
 * number of different packets, `late` that of dropped copies, `lost` what no link delivered, and `bytesIn`,
 * `bytesOut` what WireGuard got and gave. Lateness in milliseconds.
 */
export const CELL_COLUMNS = [
  'state',
  'first',
  'late',
  'lost',
  'rescued',
  'bytesIn',
  'bytesOut',
  'latenessMedianMs',
  'latenessP95Ms',
] as const;
export type CellColumn = (typeof CELL_COLUMNS)[number];

/** The name of the track of a session's tunnel among those of its links, whose names are never empty. */
export const TUNNEL_TRACK = '';

/** One row of numbers by CELL_COLUMNS. */
export const cell = z.array(z.number()).length(CELL_COLUMNS.length);

/** What one second was, of one session: the newest cell of each track, by track name. */
export const secondCells = z
  .object({ at: z.number().int().describe('Unix seconds at its end.'), cells: z.record(z.string(), cell) })
  .meta({ id: 'Second' });

export const historyQuery = z.object({
  seconds: z.coerce.number().int().min(1).max(86_400).default(900).describe('How far back.'),
  points: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .optional()
    .describe('At most so many cells per track; absent: a cell per second up to an hour, then 10 s each.'),
});

export const track = z
  .object({
    name: z.string().describe('Empty: the tunnel.'),
    cells: z.array(cell.nullable()).describe('Oldest first; null: nothing is known.'),
  })
  .meta({ id: 'Track' });

export const history = z
  .object({
    stepSeconds: z.number().int().describe('Length of a cell.'),
    from: z.number().int().describe('Unix seconds at the beginning of the first cell.'),
    to: z.number().int().describe('Unix seconds at the end of the last cell.'),
    tracks: z.array(track),
  })
  .meta({ id: 'History' });

export type SecondCells = z.infer<typeof secondCells>;
export type HistoryQuery = z.infer<typeof historyQuery>;
export type Track = z.infer<typeof track>;
export type History = z.infer<typeof history>;
