/** Where on a time axis to write which time. */
import { formatClock } from '../units.ts';

export interface Tick {
  readonly percent: number;
  readonly text: string;
  /** Left out where there is little room. */
  readonly isMinor: boolean;
}

const STEPS_SECONDS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200];

/** Labels nearer to the ends would be cut off, or run into "now". */
const FIRST_PERCENT = 4;
const LAST_PERCENT = 91;

/** Round local times between two moments (Unix seconds), at most so many. */
export function ticksOf(from: number, to: number, atMost: number): Tick[] {
  const span = to - from;
  const step = STEPS_SECONDS.find((seconds) => span / seconds <= atMost) ?? 86_400;
  const shift = new Date(to * 1000).getTimezoneOffset() * 60;
  const ticks: Tick[] = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) {
    const percent = ((at - from) / span) * 100;
    if (percent < FIRST_PERCENT || percent > LAST_PERCENT) continue;
    ticks.push({ percent, text: formatClock(at), isMinor: (at - shift) % (2 * step) !== 0 });
  }
  return ticks;
}
