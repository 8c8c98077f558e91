/**
 * The program's log: readable on a terminal, one JSON object per line otherwise. Written by the control
 * thread only; the packet path moves counters instead.
 */
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

const LEVELS = [...Object.keys(pino.levels.values), 'silent'];

/**
 * @param program begins each line, e.g. `rengarde-client`
 * @param isTerminal whether people read along; `LOG_LEVEL` (trace … fatal) says how much they want to read;
 *   a level there is not counts as `info`, and is the first thing the log says
 */
export function openLog(program: string, isTerminal = process.stdout.isTTY): Log {
  const wanted = process.env.LOG_LEVEL || 'info';
  const isKnown = LEVELS.includes(wanted);
  const options = { name: program, level: isKnown ? wanted : 'info', base: { name: program } };
  const log = pino(options, isTerminal ? readable() : pino.destination({ fd: 1, sync: true }));
  if (!isKnown) log.warn(`found LOG_LEVEL="${wanted}", want one of ${LEVELS.join(', ')}; using info`);
  return log;
}

function readable() {
  return pretty({ sync: true, ignore: 'pid,hostname,name,quality', translateTime: 'SYS:HH:MM:ss' });
}
