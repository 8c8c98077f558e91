/**
 * The program's log: readable on a terminal, one JSON object per line otherwise. Written by the control
 * thread only; the packet path moves counters instead.
 */
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/**
 * @param program begins each line, e.g. `rengarde-client`
 * @param isTerminal whether people read along; `LOG_LEVEL` (trace … fatal) says how much they want to read
 */
export function openLog(program: string, isTerminal = process.stdout.isTTY): Log {
  const options = { name: program, level: process.env.LOG_LEVEL ?? 'info', base: { name: program } };
  if (!isTerminal) return pino(options, pino.destination({ fd: 1, sync: true }));
  return pino(options, pretty({ sync: true, ignore: 'pid,hostname,name', translateTime: 'SYS:HH:MM:ss' }));
}
