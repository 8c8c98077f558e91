/**
 * Sends datagrams to many addresses through one socket, each as a message of its own: an answer to everybody
 * in one system call. Whatever doesn't fit into the send buffer is counted in `unsent`.
 */
import { built } from './dist.mjs';

const { IOVEC, MMSGHDR, MSG_DONTWAIT, SOCKADDR_SPACE } = await built('linux/constants.js');
const { sendmmsg } = await built('linux/ffi.js');
const { Region } = await built('linux/memory.js');

const SLOT = 2048;

export class Scatter {
  unsent = 0;
  #count = 0;
  #fd;
  #nameLength;
  #capacity;
  #data;
  #names;
  #iovecs;
  #headers;

  /** @param nameLength of a sockaddr of the socket's family */
  constructor(fd, nameLength, capacity) {
    this.#fd = fd;
    this.#nameLength = nameLength;
    this.#capacity = capacity;
    this.#data = new Region(capacity * SLOT);
    this.#names = new Region(capacity * SOCKADDR_SPACE);
    this.#iovecs = new Region(capacity * IOVEC.size);
    this.#headers = new Region(capacity * MMSGHDR.size);
    for (let i = 0; i < capacity; i++) {
      this.#iovecs.setPointer(i * IOVEC.size + IOVEC.base, this.#data.address + i * SLOT);
      const header = i * MMSGHDR.size;
      this.#headers.setPointer(header + MMSGHDR.name, this.#names.address + i * SOCKADDR_SPACE);
      this.#headers.words[(header + MMSGHDR.nameLength) >>> 2] = nameLength;
      this.#headers.setPointer(header + MMSGHDR.iovecs, this.#iovecs.address + i * IOVEC.size);
      this.#headers.setPointer(header + MMSGHDR.iovecCount, 1);
    }
  }

  /** Copies `datagram` for the sockaddr that starts at `at` in `names`. */
  add(datagram, names, at) {
    if (this.#count === this.#capacity) this.flush();
    const i = this.#count++;
    this.#data.bytes.set(datagram, i * SLOT);
    const name = i * SOCKADDR_SPACE;
    for (let k = 0; k < this.#nameLength; k++) this.#names.bytes[name + k] = names[at + k];
    this.#iovecs.setPointer(i * IOVEC.size + IOVEC.length, datagram.length);
  }

  flush() {
    for (let sent = 0; sent < this.#count; ) {
      const header = this.#headers.address + sent * MMSGHDR.size;
      const result = sendmmsg(this.#fd, header, this.#count - sent, MSG_DONTWAIT);
      if (result > 0) {
        sent += result;
      } else {
        sent++;
        this.unsent++;
      }
    }
    this.#count = 0;
  }
}
