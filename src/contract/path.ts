/** A link: on a client an interface or configured path, on a server an address that a client sends from. */
import { z } from 'zod';
import { pathFigures, rates } from './figures.ts';

/**
 * `up`: carries. `suspect`: open, but nothing comes in on it although other links deliver.
 * `down`: could carry, but has no address, no route or no socket. `excluded`: left out by choice.
 */
export const pathState = z.enum(['up', 'suspect', 'down', 'excluded']);

export const path = z
  .object({
    name: z.string(),
    label: z.string().optional().describe('The name for people; absent when there is none.'),
    state: pathState,
    reason: z.string().describe('Why it is not up, for people; empty when it is.'),
    excludedBy: z
      .enum(['file', 'runtime', 'default'])
      .optional()
      .describe('Only when excluded: by engarde.yml, by an action here, or for its kind.'),
    isChanged: z
      .boolean()
      .describe(
        'Excluded or included by an action here that the file does not know; "keep" writes it there.',
      ),
    source: z
      .string()
      .describe('Address and port sent from; without a socket the address it would have, or empty.'),
    destination: z
      .string()
      .describe('Address and port sent to; without a socket what the file says; empty when excluded.'),
    lastSeconds: z.number().nullable().describe('Since a copy last came in; null: never.'),
    silentSeconds: z
      .number()
      .describe('Since when other links deliver and this one does not; 0: it delivers.'),
    rates,
    windows: z.object({ '10s': pathFigures, '1m': pathFigures, '15m': pathFigures, start: pathFigures }),
    jitterMs: z.number(),
    longestSilenceMs: z.number(),
  })
  .meta({ id: 'Path' });

export type PathState = z.infer<typeof pathState>;
export type Path = z.infer<typeof path>;
