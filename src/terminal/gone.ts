/**
 * SIGHUP means two things: "read your file again", or that the terminal is gone. This tells them apart, and ends the
 * process without a terminal as with one.
 */
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Standard descriptors that were terminals when the program began. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

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

/**
 * Ends the process. With its terminal gone by SIGHUP, as what does not handle that signal ends: Node gives terminals
 * their settings back when it exits, and takes it for a mistake of its own, core dump included, when it cannot
 * (ResetStdio() in its src/node.cc).
 */
export function leave(status: number): void {
  if (terminals.every((descriptor) => isatty(descriptor))) process.exit(status);
  process.emit('exit', status);
  // Listened to and no longer listened to, it ends the process even if whoever started it had it ignored.
  process.once('SIGHUP', () => {}).removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}
