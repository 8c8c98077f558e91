/** Figures as people read them, with their unit, as the web interface writes them; ASCII only. */

/** What is written where there is no number. */
const NOTHING = '-';

const MINUTE_SECONDS = 60;
const HOUR_SECONDS = 3600;
const DAY_SECONDS = 86_400;

/** 4,310 */
export function formatCount(count: number): string {
  return count.toLocaleString('en-GB', { maximumFractionDigits: 0 });
}

/** 4.31 Mbit/s: at most 11 characters. */
export function formatBits(bitsPerSecond: number): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s'];
  let index = 0;
  let rest = bitsPerSecond;
  while (rest >= 999.5 && index < units.length - 1) {
    rest /= 1000;
    index++;
  }
  const digits = index === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)} ${units[index]}`;
}

/** 1.2 %; what is more than nothing never reads as 0 %, and what is less than all never as 100 %. */
export function formatShare(share: number | null): string {
  if (share === null) return NOTHING;
  const percent = share * 100;
  if (percent === 0) return '0 %';
  if (percent < 0.01) return '<0.01 %';
  if (percent < 1) return `${percent.toFixed(2)} %`;
  if (percent >= 99.95 && percent < 100) return '99.9 %';
  return `${percent === 100 ? 100 : percent.toFixed(1)} %`;
}

/** 12.4 ms */
export function formatMs(ms: number | undefined): string {
  if (ms === undefined) return NOTHING;
  if (ms >= 9999.5) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 99.95 ? 1 : 0)} ms`;
}

/** 40 s, 4 min, 3 h, 2 d */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 2 * MINUTE_SECONDS) return `${whole} s`;
  if (whole < 2 * HOUR_SECONDS) return `${Math.floor(whole / MINUTE_SECONDS)} min`;
  if (whole < 2 * DAY_SECONDS) return `${Math.floor(whole / HOUR_SECONDS)} h`;
  return `${Math.floor(whole / DAY_SECONDS)} d`;
}

/** How long ago a packet came: 40 s; "never". */
export function formatLast(seconds: number | null): string {
  return seconds === null ? 'never' : formatDuration(seconds);
}

/** 1 link, 2 links */
export function count(number: number, one: string, many: string): string {
  return `${formatCount(number)} ${number === 1 ? one : many}`;
}
