import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { errnoName, SystemCallError } from './errors.ts';

const { EADDRINUSE, EMFILE, ENFILE } = constants.errno;

describe('SystemCallError', () => {
  test.each([
    [EADDRINUSE, 'Cannot open it: socket answered EADDRINUSE'],
    [
      EMFILE,
      "Cannot open it: socket answered EMFILE: this program's limit on open files is reached, raise it (ulimit -n)",
    ],
    [
      ENFILE,
      "Cannot open it: socket answered ENFILE: the system's limit on open files is reached, raise it (sysctl fs.file-max)",
    ],
    [999, 'Cannot open it: socket answered errno 999'],
  ])('says what was attempted, the call, the errno %i and what to raise', (errno, message) => {
    const error = new SystemCallError('Cannot open it', 'socket', errno);
    expect(error.message).toBe(message);
    expect(error).toMatchObject({ code: errnoName(errno), errno, call: 'socket' });
  });
});
