/**
 * Sends a datagram to a unix socket, which Node cannot: the way to a service manager.
 * struct sockaddr_un { u16 family; char path[108]; }; a path that begins with a zero byte is in the abstract
 * name space. Source: unix(7).
 */
import { AF_UNIX, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from './constants.ts';
import { SystemCallError } from './errors.ts';
import { close, connect, send, socket } from './ffi.ts';
import { Region } from './memory.ts';

const FAMILY_BYTES = 2;
const PATH_BYTES = 108;

/**
 * Opens a socket, sends once and closes it: for messages that are rare.
 * @param name a path, or `@` and an abstract name, as systemd writes them
 * @throws {SystemCallError} also when the receiver's queue is full: this never waits
 */
export function sendUnixDatagram(name: string, text: string): void {
  const attempt = `Cannot send to the unix socket ${name}`;
  const path = Buffer.from(name);
  if (path.length === 0 || path.length >= PATH_BYTES) {
    throw new Error(`${attempt}: its name has ${path.length} bytes, want 1 to ${PATH_BYTES - 1}`);
  }
  if (path[0] === '@'.charCodeAt(0)) path[0] = 0;
  const address = new Region(FAMILY_BYTES + PATH_BYTES);
  address.view.setUint16(0, AF_UNIX, true);
  address.bytes.set(path, FAMILY_BYTES);
  const payload = Buffer.from(text);
  const datagram = new Region(payload.length);
  datagram.bytes.set(payload);

  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new SystemCallError(attempt, 'socket', -fd);
  try {
    // The length says where an abstract name ends; after a path the region's zeros do.
    const connected = connect(fd, address.address, FAMILY_BYTES + path.length);
    if (connected < 0) throw new SystemCallError(attempt, 'connect', -connected);
    const sent = send(fd, datagram.address, payload.length, MSG_DONTWAIT);
    if (sent < 0) throw new SystemCallError(attempt, 'send', -sent);
  } finally {
    close(fd);
  }
}
