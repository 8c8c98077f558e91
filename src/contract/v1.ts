/** The HTTP API of engarde 2.x, unchanged: field names and order, status words. */
import { z } from 'zod';

export const v1Interface = z.object({
  name: z.string(),
  label: z.string().optional(),
  status: z.enum(['active', 'idle', 'excluded']),
  senderAddress: z.string(),
  dstAddress: z.string(),
  last: z.number().int().nullable(),
});

export const v1ClientList = z.object({
  type: z.literal('client'),
  version: z.string(),
  description: z.string(),
  listenAddress: z.string(),
  interfaces: z.array(v1Interface),
});

export const v1ServerList = z.object({
  type: z.literal('server'),
  version: z.string(),
  description: z.string(),
  listenAddress: z.string(),
  dstAddress: z.string(),
  sockets: z.array(z.object({ address: z.string(), last: z.number().int().nullable() })),
});

export const v1InterfaceRequest = z.object({ interface: z.string().min(1) });

export const v1Status = z.object({ status: z.enum(['ok', 'already-included', 'already-excluded']) });

export type V1ClientList = z.infer<typeof v1ClientList>;
export type V1ServerList = z.infer<typeof v1ServerList>;
