/**
 * The program's log: readable on a terminal, one JSON object per line otherwise. Written by the control
 * thread only; the packet path moves counters instead. A line that cannot be written is lost, and nothing else.
 */
import { writeSync } from 'node:fs';
import pino, { type Logger } from 'pino';

const STDOUT = 1;

export type Log = Logger;

const LEVELS = [...Object.keys(pino.levels.values), 'silent'];

/**
 * @param program begins each line, e.g. `rengarde-client`
 * @param isTerminal whether people read along; `LOG_LEVEL` (trace … fatal) says how much they want to read;
 *   a level there is not counts as `info`, and is the first thing the log says
 */
export async function openLog(program: string, isTerminal = process.stdout.isTTY): Promise<Log> {
  const wanted = process.env.LOG_LEVEL || 'info';
  const isKnown = LEVELS.includes(wanted);
  const options = { name: program, level: isKnown ? wanted : 'info', base: { name: program } };
  const log = pino(options, { write: isTerminal ? await readableWrite() : write });
  if (!isKnown) log.warn(`found LOG_LEVEL="${wanted}", want one of ${LEVELS.join(', ')}; using info`);
  return log;
}

async function readableWrite(): Promise<(line: string) => void> {
  const { readable } = await import('./readable.ts'); // services write no such log
  return (line) => write(readable(line));
}

function write(line: string): void {
  const bytes = Buffer.from(line);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(STDOUT, bytes, written);
  } catch {
    // A full disk under the log, a reader or a terminal that is gone: no reason to end the tunnel.
  }
}
