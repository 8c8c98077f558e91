/** What happened, for people who look the next morning: moments, and outages with a beginning and an end. */
import { z } from 'zod';

export const eventKind = z.enum([
  'program-started',
  'program-stopped',
  'path-up',
  'path-down',
  'path-changed',
  'path-excluded',
  'path-included',
  'exclusions-reset',
  'exclusions-kept',
  'file-reloaded',
  'file-refused',
  'session-began',
  'session-ended',
]);

export const event = z
  .object({
    id: z.number().int().describe('Rises with every event, also over a restart.'),
    at: z.iso.datetime(),
    kind: eventKind,
    session: z.string().optional(),
    path: z.string().optional(),
    detail: z.string().describe('For people: the reason, the new address, the errors; may be empty.'),
  })
  .meta({ id: 'Event' });

/** A stretch in which a link did not deliver, or the tunnel itself lost packets. */
export const outage = z
  .object({
    id: z.number().int(),
    session: z.string(),
    path: z.string().optional().describe('Absent: of the tunnel itself.'),
    cause: z
      .enum(['silent', 'down', 'lossy'])
      .describe('Nothing came though others delivered; it had no socket; it lost a quarter and more.'),
    from: z.iso.datetime(),
    to: z.iso.datetime().nullable().describe('null: it lasts.'),
    seconds: z.number().int(),
    lost: z.number().describe('Packets that did not come on this link meanwhile.'),
    lostByTunnel: z.number().describe('Packets that came on no link meanwhile.'),
  })
  .meta({ id: 'Outage' });

export const pastQuery = z.object({
  since: z.iso.datetime().optional().describe('Nothing that ended before.'),
  path: z.string().optional(),
  session: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200).describe('The newest so many.'),
});

export const eventList = z
  .object({ events: z.array(event).describe('Newest first.') })
  .meta({ id: 'EventList' });
export const outageList = z
  .object({ outages: z.array(outage).describe('Newest first.') })
  .meta({ id: 'OutageList' });

export type EventKind = z.infer<typeof eventKind>;
export type Event = z.infer<typeof event>;
/** An event as it is noticed, before it has a number. */
export type NewEvent = Omit<Event, 'id'>;
export type Outage = z.infer<typeof outage>;
export type PastQuery = z.infer<typeof pastQuery>;
