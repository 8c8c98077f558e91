/**
 * How the C library's allocator treats memory that was freed. By itself glibc raises its thresholds with the largest
 * block ever freed, to many megabytes, and keeps as much in each thread's arena: what compiling and starting needed
 * once would stay for good. Fixed thresholds give it back.
 * Source: mallopt(3), M_MMAP_THRESHOLD "dynamic mmap threshold".
 */
import koffi from 'koffi';

const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;
/** The library's own initial value of both. */
const THRESHOLD_BYTES = 128 * 1024;

/** For the whole process, from now on. Elsewhere than on glibc nothing happens. */
export function giveBackFreedMemory(): void {
  try {
    const mallopt = koffi.load(null).func('int mallopt(int, int)');
    mallopt(M_TRIM_THRESHOLD, THRESHOLD_BYTES);
    mallopt(M_MMAP_THRESHOLD, THRESHOLD_BYTES);
  } catch {
    // musl has no such call, and keeps little; it costs memory only.
  }
}
