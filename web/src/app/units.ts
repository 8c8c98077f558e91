/** How numbers are written: always with a unit, and in as many digits as don't make them jump. */

const counts = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dayAndClock = new Intl.DateTimeFormat('en', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

/** What is written where there is no number. */
export const NOTHING = '–';

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

/** 4,310 */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** 4.31 Mbit/s: three digits, so that the width stays. */
export function formatBits(bitsPerSecond: number): string {
  return scaled(bitsPerSecond, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s']);
}

/** 1.20 GB */
export function formatBytes(bytes: number): string {
  return scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** 1.2 %; what is more than nothing never reads as 0 %, and what is less than all never as 100 %. Number and sign are never on two lines. */
export function formatShare(share: number | null): string {
  if (share === null) return NOTHING;
  const percent = share * 100;
  if (percent === 0) return '0\u00a0%';
  if (percent < 0.01) return '<0.01\u00a0%';
  if (percent < 1) return `${percent.toFixed(2)}\u00a0%`;
  if (percent >= 99.95 && percent < 100) return '99.9\u00a0%';
  return `${percent === 100 ? 100 : percent.toFixed(1)}\u00a0%`;
}

/** 12.4 ms */
export function formatMs(ms: number): string {
  if (ms >= 9999.5) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 99.95 ? ms.toFixed(1) : counts.format(ms)} ms`;
}

/** 40 s, 4 min, 3 h, 2 d */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 2 * MINUTE_SECONDS) return `${whole} s`;
  if (whole < 2 * HOUR_SECONDS) return `${Math.floor(whole / MINUTE_SECONDS)} min`;
  if (whole < 2 * DAY_SECONDS) return `${Math.floor(whole / HOUR_SECONDS)} h`;
  return `${Math.floor(whole / DAY_SECONDS)} d`;
}

/** 14:03 in the viewer's time zone. */
export function formatClock(unixSeconds: number): string {
  return clock.format(unixSeconds * 1000);
}

/** 14:03:27 */
export function formatClockSeconds(unixSeconds: number): string {
  return clockSeconds.format(unixSeconds * 1000);
}

/** Sun, Nov 22, 14:03 */
export function formatDayAndClock(unixSeconds: number): string {
  return dayAndClock.format(unixSeconds * 1000);
}

function scaled(amount: number, units: readonly string[]): string {
  let index = 0;
  let rest = amount;
  while (rest >= 999.5 && index < units.length - 1) {
    rest /= 1000;
    index++;
  }
  const digits = index === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[index]}`;
}
