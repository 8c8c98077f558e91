/**
 * The shapes of API v2: their types, and copies of the few lists that are needed while running. The lists
 * live beside schemas whose library must not travel to the browser; `satisfies` holds the copies to them.
 */
import type * as contract from '../../../src/contract/index.ts';

export type {
  CellState,
  ClientOverview,
  Event,
  EventKind,
  History,
  Instance,
  Outage,
  Overview,
  Path,
  PathFigures,
  PathState,
  Problem,
  Rates,
  SecondCells,
  ServerOverview,
  Session,
  SessionList,
  SessionSummary,
  StreamEvents,
  Tunnel,
  TunnelFigures,
  TunnelState,
  WhatIfRow,
  WindowName,
} from '../../../src/contract/index.ts';

/** States of a cell, mildest first: of several merged the last that occurred counts. */
export const CELL_STATES = [
  'none',
  'idle',
  'first',
  'late',
  'excluded',
  'down',
  'lossy',
  'silent',
] as const satisfies typeof contract.CELL_STATES;

/** What the numbers of a cell are, in their order. */
export const CELL_COLUMNS = [
  'state',
  'first',
  'late',
  'lost',
  'rescued',
  'bytesIn',
  'bytesOut',
  'latenessMedianMs',
  'latenessP95Ms',
] as const satisfies typeof contract.CELL_COLUMNS;

/** The name of the tunnel's own track. */
export const TUNNEL_TRACK = '' satisfies typeof contract.TUNNEL_TRACK;
