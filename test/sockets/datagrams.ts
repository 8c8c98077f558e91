/**
 * Batches as an engine would hand them to the relay core, and datagrams shaped like WireGuard's. Nothing here
 * is encrypted: for a relay the header is all there is to read.
 */
import {
  ADDRESS_WORDS,
  Batch,
  type SocketAddress,
  UNKNOWN_PATH,
  writeAddressWords,
} from '../../src/net/index.ts';

/** One received message: a lone datagram, or a run of them. */
export interface Arrival {
  readonly datagrams: readonly Uint8Array[];
  /** The path it came on; absent: `from` tells. */
  readonly path?: number;
  readonly from?: SocketAddress;
}

let counter = 0;

/** Transport data with a counter of its own, so that no two are copies of one packet. */
export function transportData(lengthBytes = 128, receiverIndex = 7): Buffer {
  const datagram = Buffer.alloc(lengthBytes, 0xa5);
  datagram.writeUInt32LE(4, 0);
  datagram.writeUInt32LE(receiverIndex, 4);
  datagram.writeBigUInt64LE(BigInt(++counter), 8);
  return datagram;
}

/** Transport data with this very index and counter, and one byte all over for the rest. */
export function dataOf(receiverIndex: number, counter: bigint, fill = 0, lengthBytes = 64): Buffer {
  const datagram = Buffer.alloc(lengthBytes, fill);
  datagram.writeUInt32LE(4, 0);
  datagram.writeUInt32LE(receiverIndex, 4);
  datagram.writeBigUInt64LE(counter, 8);
  return datagram;
}

/** A batch that holds these messages; `to` is set to what no core would leave there. */
export function batchOf(arrivals: readonly Arrival[]): Batch {
  const all = arrivals.flatMap(({ datagrams }) => datagrams);
  const bytes = all.reduce((sum, { length }) => sum + length, 1);
  const batch = new Batch(new Uint8Array(bytes), Math.max(all.length, 1), Math.max(arrivals.length, 1));
  return fill(batch, arrivals);
}

/** A batch with memory that the core may keep, to be filled again and again as an engine does. */
export function lastingBatch(keepBytes: number, areaBytes = 1 << 18): Batch {
  return new Batch(new Uint8Array(areaBytes + keepBytes), 64, 64, areaBytes);
}

/** Puts these messages into the batch instead of what was there. */
export function fill(batch: Batch, arrivals: readonly Arrival[]): Batch {
  batch.count = 0;
  let offset = 0;
  for (const [message, { datagrams, path, from }] of arrivals.entries()) {
    batch.path[message] = path ?? UNKNOWN_PATH;
    if (from !== undefined) writeAddressWords(batch.source, message * ADDRESS_WORDS, from);
    for (const datagram of datagrams) {
      const entry = batch.count++;
      batch.offset[entry] = offset;
      batch.length[entry] = datagram.length;
      batch.message[entry] = message;
      batch.to[entry] = 999;
      batch.bytes.set(datagram, offset);
      offset += datagram.length;
    }
  }
  return batch;
}

/** What the core decided, one value per datagram. */
export function decisions(batch: Batch): number[] {
  return [...batch.to.subarray(0, batch.count)];
}
