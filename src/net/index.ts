/** The seam: batches, addresses, counters, and what a socket engine and the relay core ask of each other. */
export {
  ADDRESS_WORDS,
  familyOf,
  formatAddress,
  isMapped,
  parseIp,
  readAddressWords,
  type SocketAddress,
  writeAddressWords,
} from './address.ts';
export { Batch, DROP, ELSEWHERE, KEEP_BYTES, UNKNOWN_PATH } from './batch.ts';
export { nowMs } from './clock.ts';
export {
  Counters,
  type CountersShape,
  LATENESS_BUCKETS,
  P,
  PATTERN_PATHS,
  PATTERNS,
  type PathColumn,
  R,
  RELAY_COLUMNS,
  type RelayColumn,
  S,
  type SessionColumn,
} from './counters.ts';
export {
  type Engine,
  type Fault,
  isFault,
  type Neighbours,
  type Notice,
  type Opened,
  type Outlets,
  type PathSpec,
  type RelayCore,
  type Side,
} from './engine.ts';
export { PortableEngine, type PortableEngineOptions } from './portable-engine.ts';
export { Ring } from './ring.ts';
