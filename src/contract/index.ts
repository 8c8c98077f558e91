/** The shapes that manager, web interface and commands share: schemas that validate, and their types. */
export {
  type Action,
  type ActionRefusal,
  type ActionResult,
  actionDone,
  exclusionRequest,
  type Problem,
  problem,
} from './actions.ts';
export {
  type Event,
  type EventKind,
  event,
  eventList,
  type NewEvent,
  type Outage,
  outage,
  outageList,
  type PastQuery,
  pastQuery,
} from './events.ts';
export {
  type PathFigures,
  type Rates,
  type TunnelFigures,
  type WhatIfRow,
  WINDOW_NAMES,
  type WindowName,
} from './figures.ts';
export {
  CELL_COLUMNS,
  CELL_STATES,
  type CellColumn,
  type CellState,
  type History,
  type HistoryQuery,
  history,
  historyQuery,
  type SecondCells,
  type Track,
  TUNNEL_TRACK,
} from './history.ts';
export {
  DROP_REASONS,
  type DropReason,
  type LinkMetrics,
  type MetricsIdentity,
  type MetricsSnapshot,
  type PathCounts,
  type ProcessMetrics,
  UNSENT_REASONS,
  type UnsentReason,
} from './metrics.ts';
export {
  type ClientOverview,
  type DemoLink,
  type Instance,
  instance,
  type Overview,
  overview,
  type ServerOverview,
} from './overview.ts';
export { type Path, type PathState, path } from './path.ts';
export {
  type Session,
  type SessionList,
  type SessionQuery,
  type SessionSummary,
  session,
  sessionList,
  sessionQuery,
  type Tunnel,
  type TunnelState,
} from './session.ts';
export type { StreamEvents } from './stream.ts';
export {
  type V1ClientList,
  type V1ServerList,
  v1ClientList,
  v1InterfaceRequest,
  v1ServerList,
  v1Status,
} from './v1.ts';
