/**
 * The past as text, version 1: JSON, in which frames with the same tracks make a run. A run's cells are one
 * array of 32-bit floats in base64, little-endian, figure by figure instead of second by second: what follows
 * each other is alike then, and gzip makes a third less of it.
 */
import { z } from 'zod';
import { event, outage } from '../contract/index.ts';
import { CELL_WIDTH, cleanRows } from './cells.ts';
import type { PastContent } from './past.ts';
import type { KeptFrame } from './tier.ts';
import type { KeptTrack } from './tracks.ts';

const id = z
  .number()
  .int()
  .min(1)
  .max(2 ** 32 - 1);
const run = z.object({
  ids: z.array(id).min(1),
  /** Unix seconds as 32-bit integers. */
  at: z.base64(),
  rows: z.base64(),
});

const fileContent = z.object({
  format: z.literal('rengarde-history'),
  version: z.literal(1),
  nextEventId: z.number().int().min(1),
  nextOutageId: z.number().int().min(1),
  events: z.array(event),
  outages: z.array(outage),
  tracks: z.array(z.object({ id, session: z.string(), name: z.string() })),
  fine: z.array(run),
  coarse: z.array(run),
});
type Run = z.infer<typeof run>;

/** The text of a file. */
export function writePast({ fine, coarse, ...rest }: PastContent): string {
  const isKept = new Set(rest.tracks.map((track) => track.id));
  const content: z.input<typeof fileContent> = {
    format: 'rengarde-history',
    version: 1,
    ...rest,
    events: [...rest.events],
    outages: [...rest.outages],
    tracks: rest.tracks.map(({ id, session, name }) => ({ id, session, name })),
    fine: toRuns(fine, isKept),
    coarse: toRuns(coarse, isKept),
  };
  return JSON.stringify(content);
}

/** Throws when it is not what `writePast` writes. */
export function readPast(text: string): PastContent {
  const { fine, coarse, ...rest } = fileContent.parse(JSON.parse(text));
  const known = new Map(rest.tracks.map((track) => [track.id, track]));
  const names = new Set(rest.tracks.map(({ session, name }) => JSON.stringify([session, name])));
  if (known.size < rest.tracks.length || names.size < rest.tracks.length)
    throw new Error('Cannot read the tracks: two have the same number or name');
  return { ...rest, fine: fromRuns(fine, 1, known), coarse: fromRuns(coarse, 10, known) };
}

function toRuns(frames: readonly KeptFrame[], isKept: ReadonlySet<number>): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < frames.length; ) {
    const ids = frames[start]?.ids;
    let end = start;
    while (end < frames.length && isSame(ids, frames[end]?.ids)) end += 1;
    if (ids !== undefined) runs.push(toRun(frames.slice(start, end), ids, isKept));
    start = end;
  }
  return runs.filter(({ ids }) => ids.length > 0);
}

function isSame(a: Uint32Array | undefined, b: Uint32Array | undefined): boolean {
  return a === b || (a?.length === b?.length && a?.every((number, i) => number === b?.[i]) === true);
}

function toRun(frames: readonly KeptFrame[], ids: Uint32Array, isKept: ReadonlySet<number>): Run {
  const places = Array.from(ids, (_, place) => place).filter((place) => isKept.has(ids[place] ?? 0));
  const rows = new Float32Array(frames.length * places.length * CELL_WIDTH);
  let at = 0;
  for (const place of places)
    for (let column = 0; column < CELL_WIDTH; column += 1)
      for (const frame of frames) {
        rows[at] = frame.rows[place * CELL_WIDTH + column] ?? 0;
        at += 1;
      }
  return {
    ids: places.map((place) => ids[place] ?? 0),
    at: toBase64(Uint32Array.from(frames, (frame) => frame.at)),
    rows: toBase64(rows),
  };
}

function fromRuns(
  runs: readonly Run[],
  stepSeconds: number,
  known: ReadonlyMap<number, KeptTrack>,
): KeptFrame[] {
  const frames: KeptFrame[] = [];
  for (const { ids: numbers, ...run } of runs) {
    const ids = Uint32Array.from(numbers);
    const times = new Uint32Array(fromBase64(run.at));
    const columns = new Float32Array(fromBase64(run.rows));
    if (columns.length !== times.length * ids.length * CELL_WIDTH)
      throw new Error(`Cannot read a run of ${times.length} frames: it has ${columns.length} figures`);
    if (new Set(ids).size !== ids.length || numbers.some((number) => !known.has(number)))
      throw new Error('Cannot read a run: it names a track twice, or one that is not in the file');
    const width = ids.length * CELL_WIDTH;
    times.forEach((at, i) => {
      if (at <= (frames.at(-1)?.at ?? 0) || at % stepSeconds !== 0)
        throw new Error(
          `Cannot read the frame of ${at}: it is out of order or not at a multiple of ${stepSeconds}`,
        );
      const rows = Float32Array.from(
        { length: width },
        (_, column) => columns[column * times.length + i] ?? 0,
      );
      frames.push({ at, ids, rows: cleanRows(rows) });
    });
  }
  return frames;
}

function toBase64(values: Uint32Array | Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function fromBase64(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'base64')).buffer;
}
