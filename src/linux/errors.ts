/**
 * Names for errno values, and the error a failed system call becomes once it leaves the packet path.
 * Source: errno(3); Node's os.constants carries this platform's numbers.
 */
import { constants } from 'node:os';

const names = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

export const { EACCES, EAGAIN, EADDRINUSE, ECONNREFUSED, EINTR, EINVAL, EIO, EMSGSIZE, ENOBUFS, EPERM } =
  constants.errno;

const { ENETUNREACH, EHOSTUNREACH, ENETDOWN, ENODEV, EADDRNOTAVAIL } = constants.errno;
/** There is no way to the destination at this moment: link down, no route, device or address gone. */
export const UNREACHABLE: ReadonlySet<number> = new Set([
  ENETUNREACH,
  EHOSTUNREACH,
  ENETDOWN,
  ENODEV,
  EADDRNOTAVAIL,
]);

/** `"ENODEV"` for 19; `"errno 999"` for a number this platform does not name. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`;
}

/** What to do about it, for what cannot be guessed from the name. */
const remedies = new Map([
  [constants.errno.EMFILE, ": this program's limit on open files is reached, raise it (ulimit -n)"],
  [constants.errno.ENFILE, ": the system's limit on open files is reached, raise it (sysctl fs.file-max)"],
]);

/** A system call that failed while setting something up. `code` is the errno's name. */
export class SystemCallError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly call: string;

  /** @param attempt what was being done, e.g. `Cannot bind 192.0.2.7:0` */
  constructor(attempt: string, call: string, errno: number) {
    super(`${attempt}: ${call} answered ${errnoName(errno)}${remedies.get(errno) ?? ''}`);
    this.name = 'SystemCallError';
    this.code = errnoName(errno);
    this.errno = errno;
    this.call = call;
  }
}
