/** Answers of version 2 that are parts of the contract's shapes. */
import { z } from 'zod';
import { path, session } from '../../contract/index.ts';

/** The links of a session, with everything known of each. */
export const pathList = z.object({ paths: z.array(path) }).meta({ id: 'PathList' });

/** The figures of each stretch of time, of the tunnel and of its links. */
export const quality = z
  .object({
    tunnel: session.shape.tunnel.shape.windows,
    paths: z.array(path.pick({ name: true, label: true, state: true, windows: true })),
  })
  .meta({ id: 'Quality' });

/** What fewer links would have lost. */
export const whatIf = session.pick({ whatIf: true }).meta({ id: 'WhatIf' });

/** A link's name in an address; names with spaces and the like are percent-encoded. */
export const nameInPath = z.object({ name: z.string() });
export const idInPath = z.object({ id: z.string() });
