/** Lines of the log as people read them on a terminal. */
import { prettyFactory } from 'pino-pretty';

/** From JSON to a line with the time of day, in colour where the terminal has any. */
export const readable = prettyFactory({ ignore: 'pid,hostname,name,quality', translateTime: 'SYS:HH:MM:ss' });
