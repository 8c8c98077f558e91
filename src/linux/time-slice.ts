/**
 * The packet loop's share of a busy processor: short slices, soon. A thread with shorter slices than the one that
 * runs gets its place as soon as it wakes; with equal ones it may wait until the other's has passed, which is
 * milliseconds. It gets no more time for it, and needs no privilege.
 * Source: sched_setattr(2); linux/kernel/sched/fair.c, `PREEMPT_SHORT`, of 6.12. Older kernels ignore it.
 */
import { syscall } from './ffi.ts';
import { Region } from './memory.ts';

/** The shortest that the kernel grants. */
const SLICE_NS = 100_000;

/** struct sched_attr: u32 size, u32 policy, u64 flags, s32 nice, u32 priority, u64 runtime, deadline, period. */
const SIZE_BYTES = 48;
const POLICY = 4;
const RUNTIME = 24;
const SCHED_OTHER = 0;

/** Numbers of sched_setattr and sched_getattr, by `process.arch`. */
const CALLS: Partial<Record<NodeJS.Architecture, readonly [number, number]>> = {
  x64: [314, 315],
  arm64: [274, 275],
};

/** Slice of the calling thread, in ns; 0: the kernel's own choice, or a policy without slices; or -errno. */
export function timeSliceNs(): number {
  const attributes = read();
  return typeof attributes === 'number' ? attributes : Number(attributes.view.getBigUint64(RUNTIME, true));
}

/**
 * Asks for the shortest slices for the calling thread. Who was given another policy than the usual one keeps it.
 * @returns 0, or -errno where the kernel does not want to; nothing depends on it
 */
export function shortenTimeSlice(): number {
  const attributes = read();
  if (typeof attributes === 'number') return attributes;
  if (attributes.view.getUint32(POLICY, true) !== SCHED_OTHER) return 0;
  attributes.view.setBigUint64(RUNTIME, BigInt(SLICE_NS), true);
  return syscall(CALLS[process.arch]![0], THIS_THREAD, attributes.address, 0, 0);
}

const THIS_THREAD = 0;
const ENOSYS = 38;

function read(): Region | number {
  const calls = CALLS[process.arch];
  if (calls === undefined) return -ENOSYS;
  const attributes = new Region(SIZE_BYTES);
  const result = syscall(calls[1], THIS_THREAD, attributes.address, SIZE_BYTES, 0);
  return result < 0 ? result : attributes;
}
