/** SIGHUP means two things: "read your file again", or that the terminal is gone. This tells them apart. */
import { closeSync, openSync } from 'node:fs';

/** Writing to a terminal is not having one: what `setsid` started has none that could go. */
const wasThere = process.stdout.isTTY === true && isThere();

/** Whether the program was started on a terminal that has been closed, or whose connection was lost, since. */
export function isTerminalGone(): boolean {
  return wasThere && !isThere();
}

/** ENXIO without a controlling terminal: a hang-up takes it from all of its session (man 4 tty). */
function isThere(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
