/** Times and lengths of what is over: to the second, because two of them get compared. */

const moment = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const timeOfDay = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric' });
const hour = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

const UNITS = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3600 },
  { name: 'min', seconds: 60 },
  { name: 's', seconds: 1 },
] as const;

/** Sun, 22 Nov, 14:03:27 in the viewer's time zone. */
export function formatMoment(iso: string): string {
  return moment.format(Date.parse(iso));
}

/** The end of a stretch: without its day when that is the day it began. */
export function formatEnd(fromIso: string, toIso: string): string {
  const [from, to] = [new Date(fromIso), new Date(toIso)];
  return (from.toDateString() === to.toDateString() ? timeOfDay : moment).format(to);
}

/** A mark on a line of time: the day at midnight, else the time. */
export function formatTick(atMs: number): string {
  const at = new Date(atMs);
  return (at.getHours() === 0 && at.getMinutes() === 0 ? day : hour).format(at);
}

/** 3 min 12 s: the two largest units. */
export function formatLength(seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const unit of UNITS) {
    const count = Math.floor(rest / unit.seconds);
    rest -= count * unit.seconds;
    if (count > 0) parts.push(`${count} ${unit.name}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? '0 s' : parts.slice(0, 2).join(' ');
}
