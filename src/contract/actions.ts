/** What can be done to the links of a client, and how it can be refused. */
import { z } from 'zod';

export const exclusionRequest = z
  .object({ force: z.boolean().default(false).describe('Also when it is the last link that works.') })
  .meta({ id: 'ExclusionRequest' });

/** `changed: false`: it was so already. */
export const actionDone = z
  .object({ status: z.literal('ok'), changed: z.boolean() })
  .meta({ id: 'ActionDone' });

/** Every refusal, of any request. `code` is stable, `message` is for people. */
export const problem = z.object({ code: z.string(), message: z.string() }).meta({ id: 'Problem' });

/** Codes of refused actions; others come from HTTP itself. */
export type ActionRefusal =
  | 'unknown-path'
  | 'last-working-path'
  | 'not-a-client'
  | 'not-a-demo'
  | 'cannot-keep';

/** `anyName`: also an interface that is not there now; version 1 of the API never asked whether it is. */
export type Action =
  | { readonly do: 'exclude'; readonly path: string; readonly force: boolean; readonly anyName?: true }
  | { readonly do: 'include'; readonly path: string; readonly anyName?: true }
  | { readonly do: 'reset' }
  /** Writes what was excluded and included here into engarde.yml. */
  | { readonly do: 'keep' }
  /** Demo only. */
  | { readonly do: 'cut' | 'restore'; readonly path: string };

export type ActionResult =
  | { readonly status: 'ok'; readonly changed: boolean }
  | { readonly status: 'refused'; readonly code: ActionRefusal; readonly message: string };

export type Problem = z.infer<typeof problem>;
