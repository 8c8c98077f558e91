/** What a chaos run says when it is over: a table of faults and losses, and whether rengarde lost anything. */
import {
  afterServingMs,
  type Direction,
  directions,
  type Evidence,
  heardAgainMs,
  isInside,
  isOutside,
  type LostPacket,
  slowMs,
  slowPackets,
  underWayMs,
} from './account.ts';
import { guardPaths, type KindName, kinds, pathAtRisk } from './kinds.ts';
import { type Span, settleMs } from './schedule.ts';

/** Losses told one by one; log.json has them all. */
const mostListed = 12;
/** Kinds of faults named beside what came late. */
const mostKinds = 6;

export interface Row {
  readonly kind: string;
  readonly times: number;
  /** Packets sent meanwhile, both ways. */
  readonly sent: number;
  readonly inside: number;
  readonly byLab: number;
  readonly outside: number;
}

/** A row for each kind of fault, and one for when there was none. A packet counts for each fault of its moment. */
export function rowsOf({ ledgers, spells }: Evidence, lost: readonly LostPacket[]): Row[] {
  const sentAtMs = directions
    .flatMap((direction) => ledgers[direction].sentAtMs.filter((atMs) => atMs > 0))
    .sort((one, other) => one - other);
  const rowOf = (kind: string, times: number, sent: number, losses: readonly LostPacket[]): Row => ({
    kind,
    times,
    sent,
    inside: losses.filter(({ window }) => window !== undefined).length,
    byLab: losses.filter(({ labDrop }) => labDrop !== undefined).length,
    outside: losses.filter(isOutside).length,
  });
  const rows = [...new Set(spells.map(({ kind }) => kind))].sort().map((kind) => {
    const own = spells.filter((spell) => spell.kind === kind);
    const sent = countInside(sentAtMs, own);
    return rowOf(
      kind,
      own.length,
      sent,
      lost.filter(({ during }) => during.some((spell) => spell.kind === kind)),
    );
  });
  const calm = sentAtMs.length - countInside(sentAtMs, spells);
  const inCalm = lost.filter(({ during }) => during.length === 0);
  return [...rows, rowOf('(no fault)', 0, calm, inCalm), rowOf('all', spells.length, sentAtMs.length, lost)];
}

/** How many of the times, which are in order, lie in at least one of the spans. */
function countInside(times: readonly number[], spans: readonly Span[]): number {
  let count = 0;
  let countedToMs = 0;
  for (const { fromMs, toMs } of [...spans].sort((one, other) => one.fromMs - other.fromMs)) {
    if (toMs <= countedToMs) continue;
    count += firstFrom(times, toMs) - firstFrom(times, Math.max(fromMs, countedToMs));
    countedToMs = toMs;
  }
  return count;
}

/** The place of the first that is not earlier. */
function firstFrom(times: readonly number[], atMs: number): number {
  let [least, most] = [0, times.length];
  while (least < most) {
    const middle = (least + most) >>> 1;
    if (times[middle]! < atMs) least = middle + 1;
    else most = middle;
  }
  return least;
}

/** The table and the sentences around it. */
export function describeRun(evidence: Evidence, lost: readonly LostPacket[]): string {
  const columns = ['fault', 'times', 'sent meanwhile', 'lost in windows', 'lost by the lab', 'LOST OUTSIDE'];
  const rows = rowsOf(evidence, lost).map(({ kind, times, sent, inside, byLab, outside }) =>
    [kind, times, sent, inside, byLab, outside].map(String),
  );
  const widths = columns.map((column, at) => Math.max(column.length, ...rows.map((row) => row[at]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join('  ');
  const ways = directions.map((direction) => describeWay(direction, evidence));
  return [
    line(columns),
    ...rows.map(line),
    ...ways,
    describeSlow(evidence),
    describeSolitude(evidence),
    describeWindows(evidence),
    ...describeLosses(evidence, lost),
  ].join('\n');
}

function describeWay(direction: Direction, { ledgers, windows }: Evidence): string {
  const ledger = ledgers[direction];
  const delays = ledger.delaysMs(windows);
  const at = (share: number) => (delays[Math.floor(share * (delays.length - 1))] ?? Number.NaN).toFixed(1);
  return (
    `${direction}: ${ledger.count} sent, ${ledger.repeated} came twice, ${ledger.refused} refused by the sending kernel; ` +
    `delay outside the windows in ms: median ${at(0.5)}, p99 ${at(0.99)}, p99.9 ${at(0.999)}, longest ${at(1)}`
  );
}

/** What came late, and which faults it had in common, the most frequent first. */
function describeSlow(evidence: Evidence): string {
  const slow = slowPackets(evidence);
  const times = new Map<string, number>();
  for (const { during } of slow) {
    for (const kind of new Set(during.map((spell) => spell.kind)))
      times.set(kind, (times.get(kind) ?? 0) + 1);
  }
  const kinds = [...times].sort(([, one], [, other]) => other - one).slice(0, mostKinds);
  const among = kinds.map(([kind, count]) => `${kind} ${count}`).join(', ');
  return `slower than ${slowMs} ms outside the windows: ${slow.length} packets${among && `, during ${among}`}`;
}

/** How long no more than one guard path worked, as the spells have it: how hard the run was. */
function describeSolitude({ spells }: Evidence): string {
  const risks = spells.flatMap((spell) => {
    const path = pathAtRisk(spell.kind as KindName, spell.target);
    return path === undefined || kinds[spell.kind as KindName].harm !== 'all' ? [] : [{ ...spell, path }];
  });
  // A run that ends too soon leaves faults without an end.
  const edges = [...new Set(risks.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))]
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const alone = edges.slice(1).map((toMs, at) => {
    const fromMs = edges[at]!;
    const down = new Set(risks.filter((risk) => isInside(fromMs, risk)).map(({ path }) => path));
    return down.size === guardPaths.length - 1 ? toMs - fromMs : 0;
  });
  const totalMs = alone.reduce((sum, ms) => sum + ms, 0);
  return `one path alone was working for ${(totalMs / 1000).toFixed(1)} s`;
}

function describeWindows({ windows, ledgers }: Evidence): string {
  const totalMs = windows.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const silentMs = windows.map((window) => heardAgainMs(ledgers.up, window) - window.toMs);
  return (
    `windows: ${windows.length}, ${(totalMs / 1000).toFixed(1)} s in all; each from ${underWayMs} ms before a program goes down ` +
    `until it serves again (WireGuard: has a handshake; SIGSTOP: goes on) and ${afterServingMs} ms more. ` +
    `The first packet up came at most ${Math.round(Math.max(0, ...silentMs))} ms after that. ` +
    `A path counts as working ${settleMs} ms after its fault is undone.`
  );
}

/** Each loss outside, with what was going on. */
export function describeLosses(
  { windows }: Pick<Evidence, 'windows'>,
  lost: readonly LostPacket[],
): string[] {
  const outside = lost.filter(isOutside);
  const more = outside.length - mostListed;
  const lines = outside.slice(0, mostListed).map(({ direction, number, sentAtMs, during }) => {
    const faults = during.map(
      ({ kind, target, fromMs }) => `${kind} (${target}, since ${(sentAtMs - fromMs).toFixed(0)} ms)`,
    );
    const before = windows.findLast(({ toMs }) => toMs <= sentAtMs);
    const after =
      before === undefined
        ? ''
        : `; ${(sentAtMs - before.toMs).toFixed(0)} ms after the window "${before.what}"`;
    return `  lost ${direction} #${number} at ${sentAtMs.toFixed(0)} during: ${faults.join(', ') || 'nothing'}${after}`;
  });
  return more > 0 ? [...lines, `  and ${more} more, see log.json`] : lines;
}
