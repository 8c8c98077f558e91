/**
 * A cable in userspace, a process of its own between two TAP devices: it delays, reorders, loses, doubles and
 * corrupts UDP frames and passes all others as they are. wire-link.ts starts it and plugs the devices in.
 * Usage: node --import tsx test/chaos/wire.ts CLIENT_DEVICE SERVER_DEVICE SEED
 * In: a JSON line per change of traits. Out: a JSON line { ready } or, after each change, the counters until then.
 * Sources: the kernel's Documentation/networking/tuntap.rst, linux/if_tun.h.
 */
import { constants, openSync, read, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import koffi from 'koffi';
import { Lane, type LinkTraits } from '../../src/demo/lane.ts';
import { Random } from '../simnet/random.ts';
import { corrupted, udpAt } from './frames.ts';

const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
/** struct ifreq: a name of 16 bytes, then the flags. */
const requestBytes = 40;
const flagsAt = 16;
const longestFrame = 65_536;

export interface WireTraits extends LinkTraits {
  /** Share of frames that come twice, 0 to 1. */
  doubleShare: number;
  /** Share of frames that come with other bytes, 0 to 1. */
  corruptShare: number;
}

export interface WireCounters {
  passed: number;
  doubled: number;
  corrupted: number;
}

const ioctl = koffi.load(null).func('int ioctl(int, unsigned long, _Inout_ uint8_t *)');

const [clientDevice, serverDevice, seed] = process.argv.slice(2);
const random = new Random(Number(seed));
const traits: WireTraits = { delayMs: 0, jitterMs: 0, lossShare: 0, doubleShare: 0, corruptShare: 0 };
const counters: WireCounters = { passed: 0, doubled: 0, corrupted: 0 };

const ends = [open(clientDevice!), open(serverDevice!)] as const;
carry(ends[0], ends[1]);
carry(ends[1], ends[0]);
createInterface({ input: process.stdin })
  .on('line', (line) => {
    Object.assign(traits, JSON.parse(line));
    console.log(JSON.stringify(counters));
  })
  .on('close', () => process.exit());
console.log(JSON.stringify({ ready: true }));

function open(device: string): number {
  const fd = openSync('/dev/net/tun', constants.O_RDWR);
  const request = Buffer.alloc(requestBytes);
  request.write(device, 0, flagsAt - 1);
  request.writeUInt16LE(IFF_TAP | IFF_NO_PI, flagsAt);
  if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error(`Cannot make ${device}: errno ${koffi.errno()}`);
  return fd;
}

/** One direction. Each waiting read takes a thread of Node's pool, which has four. */
function carry(from: number, to: number): void {
  const lane = new Lane<number>(
    traits,
    (frame) => write(to, frame),
    () => random.next(),
  );
  const buffer = Buffer.allocUnsafe(longestFrame);
  const next = () => {
    read(from, buffer, 0, longestFrame, null, (error, length) => {
      // EIO: the device is down or gone; frames may come again.
      if (error !== null) return void setTimeout(next, 10);
      const frame = Buffer.from(buffer.subarray(0, length));
      const at = udpAt(frame);
      if (at < 0) write(to, frame);
      else disturb(lane, frame, at);
      next();
    });
  };
  next();
}

function disturb(lane: Lane<number>, frame: Buffer, at: number): void {
  counters.passed += 1;
  const isCorrupted = random.next() < traits.corruptShare;
  if (isCorrupted) counters.corrupted += 1;
  lane.accept(isCorrupted ? corrupted(frame, at, random) : frame, 0);
  if (random.next() >= traits.doubleShare) return;
  counters.doubled += 1;
  lane.accept(frame, 0);
}

function write(to: number, frame: Uint8Array): void {
  try {
    writeSync(to, frame);
  } catch {
    // EIO: the far device is down. A cable that is not plugged in loses what is sent.
  }
}
