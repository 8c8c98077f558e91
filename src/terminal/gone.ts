/** SIGHUP means two things: "read your file again", or that the terminal is gone. This tells them apart. */
import { closeSync, openSync } from 'node:fs';

/** Whether the program was started on a terminal that has been closed, or whose connection was lost, since. */
export function isTerminalGone(): boolean {
  if (!process.stdout.isTTY) return false;
  try {
    // ENXIO without a controlling terminal: a hang-up takes it from all of its session (man 4 tty).
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}
