/** The English of outages and events. */
import type { Event, EventKind, Outage } from '../contract.ts';

const EVENTS: Record<EventKind, (subject: string) => string> = {
  'program-started': () => 'rengarde started',
  'program-stopped': () => 'rengarde stopped',
  'path-up': (subject) => `${subject} came up`,
  'path-down': (subject) => `${subject} went down`,
  'path-changed': (subject) => `${subject} changed its address`,
  'path-excluded': (subject) => `${subject} was excluded`,
  'path-included': (subject) => `${subject} was included`,
  'exclusions-reset': () => 'Exclusions went back to those of the file',
  'exclusions-kept': () => 'Exclusions were written to the file',
  'file-reloaded': () => 'The file was read again',
  'file-refused': () => 'The changed file was refused',
  'session-began': (subject) => `${subject} began`,
  'session-ended': (subject) => `${subject} ended`,
};

const CAUSES: Record<Outage['cause'], { lasted: string; lasts: string }> = {
  silent: { lasted: 'was silent', lasts: 'has been silent' },
  down: { lasted: 'was down', lasts: 'has been down' },
  lossy: { lasted: 'lost a quarter and more of its packets', lasts: 'has been losing a quarter and more' },
};

export const pastTexts = {
  title: 'Outages and events',
  tunnel: 'Tunnel',
  tunnelOf: (session: string) => `Tunnel of ${session}`,
  range: 'Range',
  ranges: { hour: '1 hour', day: '24 hours', week: '7 days', month: '30 days' },
  link: 'Link',
  allLinks: 'All links',
  timelineTitle: 'Timeline',
  timelineHint: 'Arrow keys go from outage to outage of a link; Enter opens its line.',
  rowNone: (name: string) => `${name}: no outage`,
  row: (name: string, count: number, length: string) =>
    `${name}: ${count === 1 ? '1 outage' : `${count} outages`}, ${length} together`,
  rowFigures: (count: number, length: string) => (count === 0 ? 'none' : `${count} · ${length}`),
  legend: {
    silent: 'silent: others delivered, this link did not',
    down: 'down: no address, route or socket',
    lossy: 'lossy: a quarter and more lost',
    tunnel: 'the tunnel lost packets too',
  },
  now: 'now',
  outagesTitle: 'Outages',
  noOutages:
    'No outage in this time. A line appears here when a link is silent, down or lossy while others carry.',
  eventsTitle: 'Events',
  noEvents: 'No event in this time. Links that come, go, change address or are excluded are noted here.',
  showMore: (count: number) => `Show ${count} more`,
  cut: (count: string) => `Only the newest ${count} are shown.`,
  ongoing: 'ongoing',
  notFound: (id: string) => `Outage ${id} is not among those kept; they are kept for 30 days.`,
  failed: (reason: string) => `${reason}. Trying again.`,
  loading: 'Loading',
  outage: ({ cause, to }: Outage, name: string, length: string, tunnelLost: string): string =>
    to === null
      ? `${name} ${CAUSES[cause].lasts} for ${length}; the tunnel ${meanwhile(tunnelLost, 'has lost')}.`
      : `${name} ${CAUSES[cause].lasted} for ${length}; the tunnel ${meanwhile(tunnelLost, 'lost')}.`,
  tunnelOutage: ({ to }: Outage, name: string, length: string, lost: string): string =>
    to === null
      ? `${the(name)} has been losing packets for ${length}: ${lost} came on no link.`
      : `${the(name)} lost packets for ${length}: ${lost} came on no link.`,
  times: (from: string, to: string | undefined) => (to === undefined ? `since ${from}` : `${from} to ${to}`),
  lostOnLink: (packets: string) => `${packets} did not come on it`,
  event: ({ kind }: Event, subject: string): string => EVENTS[kind](subject),
  packets: (count: string, isOne: boolean) => `${count} ${isOne ? 'packet' : 'packets'}`,
  aSession: 'A session',
  session: (id: string) => `Session ${id}`,
  aLink: 'A link',
};

function meanwhile(tunnelLost: string, verb: string): string {
  return tunnelLost === '' ? `${verb} nothing` : `${verb} ${tunnelLost}`;
}

function the(name: string): string {
  return `The ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
