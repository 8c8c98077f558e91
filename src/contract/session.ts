/** The traffic of one WireGuard client: the one session of a client program, the many of a server. */
import { z } from 'zod';
import { rates, tunnelFigures, whatIfRow } from './figures.ts';
import { path, pathState } from './path.ts';

/**
 * `carrying`: packets flow and none was lost in the last 10 s. `losing`: some were. `idle`: nothing to carry.
 * Of a client only: `waiting`: WireGuard has not sent anything yet. `unanswered`: packets leave, nothing has
 * ever come back. `no-path`: no link is open.
 */
export const tunnelState = z.enum(['carrying', 'losing', 'idle', 'waiting', 'unanswered', 'no-path']);

/** What WireGuard gets of it all. */
export const tunnel = z
  .object({
    state: tunnelState,
    idleSeconds: z.number().nullable().describe('Since a packet was last carried, either way; null: never.'),
    rates,
    windows: z.object({
      '10s': tunnelFigures,
      '1m': tunnelFigures,
      '15m': tunnelFigures,
      start: tunnelFigures,
    }),
  })
  .meta({ id: 'Tunnel' });

export const session = z
  .object({
    id: z.string().describe('Never given to another session while the program runs.'),
    since: z.iso.datetime(),
    tunnel,
    paths: z.array(path),
    whatIf: z.array(whatIfRow).describe('A row per choice of links, fewest links first; since the start.'),
  })
  .meta({ id: 'Session' });

/** A session in a list. */
export const sessionSummary = z
  .object({
    id: z.string(),
    since: z.iso.datetime(),
    state: tunnelState,
    lastSeconds: z.number().nullable(),
    rates,
    lossShare: z.number().nullable().describe('Of the tunnel, over the last minute.'),
    worstLossShare: z.number().nullable().describe('Of its worst link, over the last minute.'),
    paths: z.array(
      z.object({
        name: z.string(),
        state: pathState,
        lastSeconds: z.number().nullable(),
        lossShare: z.number().nullable().describe('Over the last minute.'),
      }),
    ),
  })
  .meta({ id: 'SessionSummary' });

/** What to list, and in which order. `worst`: highest loss first, of the tunnel, then of a link. */
export const sessionQuery = z.object({
  search: z.string().max(200).optional().describe('Part of an address or of the id.'),
  sort: z.enum(['worst', 'busiest', 'newest', 'oldest']).default('worst'),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(5000).default(100),
});

export const sessionList = z
  .object({
    total: z.number().int().describe('Sessions that match, shown here or not.'),
    sessions: z.array(sessionSummary),
  })
  .meta({ id: 'SessionList' });

export type TunnelState = z.infer<typeof tunnelState>;
export type Tunnel = z.infer<typeof tunnel>;
export type Session = z.infer<typeof session>;
export type SessionSummary = z.infer<typeof sessionSummary>;
export type SessionQuery = z.infer<typeof sessionQuery>;
export type SessionList = z.infer<typeof sessionList>;
