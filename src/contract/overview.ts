/** Everything a page needs to begin with: the program, and what it carries. */
import { z } from 'zod';
import { rates } from './figures.ts';
import { session } from './session.ts';

export const instance = z
  .object({
    role: z.enum(['client', 'server']),
    version: z.string(),
    description: z.string(),
    hostName: z.string(),
    engine: z.string().describe('linux or portable.'),
    startedAt: z.iso.datetime(),
    listenAddress: z.string(),
    destination: z.string().describe('The server; on a server, the local WireGuard. As engarde.yml has it.'),
    file: z.string().describe('Path of engarde.yml.'),
  })
  .meta({ id: 'Instance' });

/** Demo only: links made in userspace, which can be cut. */
export const demoLink = z.object({ name: z.string(), isCut: z.boolean() }).meta({ id: 'DemoLink' });

export const clientOverview = z
  .object({
    role: z.literal('client'),
    instance,
    session,
    demo: z.array(demoLink).optional().describe('Absent but in the demo.'),
  })
  .meta({ id: 'ClientOverview' });

export const serverOverview = z
  .object({
    role: z.literal('server'),
    instance,
    sessions: z.number().int().describe('Sessions that WireGuard has answered.'),
    unconfirmedSessions: z.number().int(),
    paths: z.number().int().describe('Addresses of the answered sessions.'),
    losing: z.number().int().describe('Sessions that lost packets in the last minute.'),
    rates,
    turnedAway: z.number().describe("Strangers' packets dropped since the start."),
  })
  .meta({ id: 'ServerOverview' });

export const overview = z.discriminatedUnion('role', [clientOverview, serverOverview]);

export type Instance = z.infer<typeof instance>;
export type DemoLink = z.infer<typeof demoLink>;
export type ClientOverview = z.infer<typeof clientOverview>;
export type ServerOverview = z.infer<typeof serverOverview>;
export type Overview = z.infer<typeof overview>;
