/**
 * Which of the sockets that share the server's port gets a datagram: a program for the kernel, in classic BPF, that
 * reads the index in a packet of data and looks it up. All else goes to the first socket. Only a wish: where it is
 * out of date, or too many indices are known, the packet loops hand datagrams on.
 * Sources: socket(7), SO_ATTACH_REUSEPORT_CBPF; linux/filter.h, linux/bpf_common.h. The program is run on the payload
 * of the datagram, and returns the place of a socket in the order in which they were bound.
 */
import { SO_ATTACH_REUSEPORT_CBPF, SOL_SOCKET } from './constants.ts';
import { setsockopt } from './ffi.ts';
import { Region } from './memory.ts';

const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const LOAD_BYTE = 0x30; // BPF_LD | BPF_B | BPF_ABS
const JUMP = 0x05; // BPF_JMP | BPF_JA
const JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_IF_NOT_BELOW = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const RETURN = 0x06; // BPF_RET | BPF_K

/** struct sock_filter { u16 code; u8 ifTrue; u8 ifFalse; u32 k; }; jumps count from the next instruction. */
export interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly k: number;
}

const DATA = 4;
const INDEX_AT = 4;
/** Compared one after the other; more are told apart by halves first. */
const LEAF = 16;
/** The kernel takes 4,096, and for these half a millisecond; older ones take fewer by memory (optmem_max). */
const MOST_INDICES = 1_500;
const FILTER_BYTES = 8;
const PROGRAM_AT = 16;

const FIRST_SOCKET: Instruction = { code: RETURN, ifTrue: 0, ifFalse: 0, k: 0 };

/**
 * Makes the kernel deliver data with these indices to the sockets in these places; without any, all to the first.
 * What doesn't fit is left out from the end. False when the kernel takes no such program.
 */
export function steer(fd: number, indices: readonly number[], places: readonly number[]): boolean {
  for (let count = Math.min(indices.length, MOST_INDICES); ; count >>= 1) {
    if (attach(fd, programFor(indices.slice(0, count), places))) return true;
    if (count === 0) return false;
  }
}

/** @returns instructions for the payload of a UDP datagram */
export function programFor(indices: readonly number[], places: readonly number[]): Instruction[] {
  if (indices.length === 0) return [FIRST_SOCKET];
  const entries = indices
    .map((index, i) => ({ key: swapped(index), place: places[i]! }))
    .sort((a, b) => a.key - b.key);
  return [
    { code: LOAD_BYTE, ifTrue: 0, ifFalse: 0, k: 0 },
    { code: JUMP_IF_EQUAL, ifTrue: 1, ifFalse: 0, k: DATA },
    FIRST_SOCKET,
    { code: LOAD_WORD, ifTrue: 0, ifFalse: 0, k: INDEX_AT },
    ...search(entries),
  ];
}

interface Entry {
  /** As the kernel loads it. */
  readonly key: number;
  readonly place: number;
}

function search(entries: readonly Entry[]): Instruction[] {
  if (entries.length <= LEAF) return compare(entries);
  const middle = entries.length >>> 1;
  const below = search(entries.slice(0, middle));
  return [
    // Only an unconditional jump reaches further than 255 instructions.
    { code: JUMP_IF_NOT_BELOW, ifTrue: 0, ifFalse: 1, k: entries[middle]!.key },
    { code: JUMP, ifTrue: 0, ifFalse: 0, k: below.length },
    ...below,
    ...search(entries.slice(middle)),
  ];
}

/** A comparison for each, then what all with the same place return. */
function compare(entries: readonly Entry[]): Instruction[] {
  const places = [...new Set(entries.map(({ place }) => place))];
  const comparisons = entries.map(({ key, place }, i): Instruction => {
    const untilReturns = entries.length - 1 - i;
    return { code: JUMP_IF_EQUAL, ifTrue: untilReturns + 1 + places.indexOf(place), ifFalse: 0, k: key };
  });
  return [
    ...comparisons,
    FIRST_SOCKET,
    ...places.map((k): Instruction => ({ code: RETURN, ifTrue: 0, ifFalse: 0, k })),
  ];
}

/** BPF loads words in network order; an index is little-endian. */
function swapped(index: number): number {
  return (
    ((index & 0xff) * 0x1_00_00_00 + ((index & 0xff00) << 8) + ((index >>> 8) & 0xff00) + (index >>> 24)) >>>
    0
  );
}

/** `struct sock_fprog { u16 count; struct sock_filter *filter; }`. */
function attach(fd: number, program: readonly Instruction[]): boolean {
  const region = new Region(PROGRAM_AT + program.length * FILTER_BYTES);
  const { view } = region;
  view.setUint16(0, program.length, true);
  region.setPointer(8, region.address + PROGRAM_AT);
  for (const [i, { code, ifTrue, ifFalse, k }] of program.entries()) {
    const at = PROGRAM_AT + i * FILTER_BYTES;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, k, true);
  }
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, region.address, 16) === 0;
}
