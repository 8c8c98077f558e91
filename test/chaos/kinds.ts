/**
 * The catalogue of what can go wrong: where, how long, how often, and whether the path it hits still counts as
 * working. The schedule is made from this table alone; how each is done is for the files in faults/.
 */

/** Paths that carry without help of this lab: veth pairs, as in test/lab/topology.ts. */
export const guardPaths = [0, 1, 2] as const;
/** The path through wire.ts, which delays, reorders, doubles and corrupts. Never the one that is relied upon. */
export const wirePath = 3;

/**
 * What becomes of the path: `all` it can't be relied upon from begin to end, `edges` only while the change is being
 * made and undone, `none` it carries on.
 */
export type Harm = 'all' | 'edges' | 'none';

export interface Kind {
  /** What it can hit: numbers of paths, names of hosts, or a variant. */
  readonly targets: readonly string[];
  readonly harm: Harm;
  /** Shortest and longest duration in ms. */
  readonly lastsMs: readonly [shortest: number, longest: number];
  /** Relative frequency; kinds that came less often than their share are preferred. */
  readonly weight: number;
  /** Steps that have one of these in common never overlap. A path's own lane is added to them. */
  readonly lanes: readonly string[];
  /** After its end its lanes stay free for so long, so that the windows of restarts stay a small part of the run. */
  readonly restMs?: number;
  /** Its end needs the client to open a socket, which `descriptors` prevents; some only over IPv6, where a link loses its address. */
  readonly reopens?: true;
}

const guards = guardPaths.map(String);
const all = [...guards, String(wirePath)];
const wire = [String(wirePath)];
const hosts = ['client', 'server'];
/** A program that ends loses its limits, and a client that starts needs its name server. */
const restarts = ['down', 'limits', 'names'];

const path = (
  targets: readonly string[],
  harm: Harm,
  longestMs: number,
  weight: number,
  more = {},
): Kind => ({
  targets,
  harm,
  lastsMs: [100, longestMs],
  weight,
  lanes: [],
  ...more,
});

const onHost = (targets: readonly string[], lastsMs: Kind['lastsMs'], lanes: readonly string[]): Kind => ({
  targets,
  harm: 'none',
  lastsMs,
  weight: 1,
  lanes,
  restMs: 5_000,
});

const ofKinds = <K extends string>(kinds: Record<K, Kind>) => kinds;

export const kinds = ofKinds({
  'cut at the client': path(guards, 'all', 3_000, 3, { reopens: true }),
  'cut at the server': path(guards, 'all', 3_000, 3),
  flaps: path(guards, 'all', 3_000, 3, { reopens: true }),
  blackhole: path(all, 'all', 4_000, 3),
  'blackhole upwards': path(all, 'all', 4_000, 2),
  'blackhole downwards': path(all, 'all', 4_000, 2),
  loss: path(all, 'all', 4_000, 3),
  'queue full': path(guards, 'all', 4_000, 2),
  'send buffer full': path(guards, 'all', 6_000, 2),
  'smaller MTU': path(guards, 'all', 4_000, 2, { reopens: true }),
  'address removed': path(guards, 'all', 3_000, 2, { reopens: true }),
  'address changed': path(guards, 'edges', 5_000, 3, { reopens: true, lastsMs: [1_500, 5_000] }),
  'interface made anew': path(guards, 'all', 3_000, 3, { reopens: true }),
  'default route gone': path(guards, 'all', 3_000, 2),
  'excluded in the file': path(guards, 'all', 3_000, 2, { reopens: true, lanes: ['files'] }),

  delay: path(wire, 'none', 4_000, 2),
  reordering: path(wire, 'none', 4_000, 2),
  duplication: path(wire, 'none', 4_000, 2),
  corruption: path(wire, 'none', 4_000, 4),
  'all of these': path(wire, 'none', 4_000, 2),

  'main default route': onHost(guards, [200, 3_000], ['routes']),
  'kill -9': onHost(hosts, [0, 0], restarts),
  'restart asked for': onHost(hosts, [0, 0], restarts),
  SIGSTOP: onHost(hosts, [50, 1_500], restarts),
  'WireGuard restarted': onHost(hosts, [0, 0], ['down']),
  'clock jump': onHost(hosts, [1_500, 4_000], ['clock']),
  // Connections that a flood leaves behind would be descriptors again.
  descriptors: onHost(hosts, [1_500, 3_000], ['limits', 'manager']),
  memory: onHost(hosts, [1_500, 3_000], ['limits', 'manager']),
  'disk full': onHost(hosts, [0, 0], ['files', ...restarts]),
  'keep with a full disk': onHost(['client'], [0, 0], ['files', 'manager', ...restarts]),
  'log on a full disk': onHost(hosts, [1_500, 4_000], ['files', 'manager', ...restarts]),
  'manager flooded': onHost(hosts, [2_000, 4_000], ['manager']),
  'file changed': onHost(hosts, [200, 2_000], ['files']),
  // A program that begins anew meanwhile refuses the file, and ends: no fault of it.
  'file damaged': onHost(hosts, [200, 2_000], ['files', 'down']),
  'name server': onHost(['silent', 'failing', 'denying', 'gone'], [2_000, 12_000], ['names']),
});

export type KindName = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as KindName[];

/** The guard path that a step puts at risk; undefined: none. */
export function pathAtRisk(kind: KindName, target: string): number | undefined {
  const guard = guardPaths.find((number) => String(number) === target);
  return kinds[kind].harm === 'none' ? undefined : guard;
}

/** The lanes that a step is alone on. */
export function lanesOf(kind: KindName, target: string): string[] {
  const { lanes, harm } = kinds[kind];
  const isOnPath = all.includes(target) && (harm !== 'none' || wire.includes(target));
  const own = target === 'server' ? lanes.filter((lane) => lane !== 'names') : lanes;
  return isOnPath ? [...own, `path ${target}`] : [...own];
}

/** Nothing can be opened while the client is short of descriptors: steps of one of these two never overlap the other. */
export function opensSocket(kind: KindName): boolean {
  return kinds[kind].reopens === true;
}
export function forbidsSockets(kind: KindName, target: string): boolean {
  return kind === 'descriptors' && target === 'client';
}
