/**
 * One chaos run from beginning to verdict: builds the rig, lets the schedule loose on it under the referee's eyes,
 * and takes everything away again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, tunnel } from '../lab/lab.ts';
import { type Evidence, isOutside, judge, type LostPacket, slowPackets } from './account.ts';
import { guestAddress } from './guest.ts';
import { type KindName, kindNames } from './kinds.ts';
import { monotonicMs } from './monotonic.ts';
import { Referee } from './referee.ts';
import { refereePorts } from './referee-ports.ts';
import { describeLosses, describeRun, rowsOf } from './report.ts';
import { type Family, families, Rig } from './rig.ts';
import { type Failure, Runner } from './runner.ts';
import { makeSchedule, type Step } from './schedule.ts';

/** So many corrupt copies can't all have been dropped as not of WireGuard's shape or for an unknown index. */
const manyCopies = 500;

/** The second client has so much less to carry: it is there to be left in peace. */
const guestShare = 4;

export interface ChaosOptions {
  readonly engine: Engine;
  readonly seed: number;
  /** Between the programs; chosen by the seed unless told. */
  readonly family?: Family;
  readonly durationMs: number;
  readonly packetsPerSecond: number;
  /** Kinds of faults to choose from. */
  readonly only?: readonly KindName[];
  /** Where the log and the programs' own logs go. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** After the last step, while the referee still counts: for the proof that it sees losses. */
  readonly atEnd?: (rig: Rig, referee: Referee) => Promise<void>;
}

export interface Verdict {
  readonly evidence: Evidence;
  readonly lost: readonly LostPacket[];
  /** Lost outside of every window, and by nothing of this lab. */
  readonly outside: readonly LostPacket[];
  /** Whatever else went wrong: promises not kept, programs that ended by themselves. */
  readonly failures: readonly string[];
  readonly steps: readonly Step[];
}

/** Everything is gone when this resolves. */
export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { engine, seed, folder, say, family = families[seed % families.length]! } = options;
  mkdirSync(folder, { recursive: true });
  say(`between the programs: ${family}`);
  const rig = await Rig.build({ engine, seed, family, logFolder: folder });
  try {
    const verdict = await judgeRun(rig, options);
    writeFileSync(join(folder, 'log.json'), JSON.stringify(toLog(options, verdict), null, 1));
    say(`log and programs' output: ${folder}`);
    return verdict;
  } finally {
    await rig.remove();
  }
}

async function judgeRun(rig: Rig, options: ChaosOptions): Promise<Verdict> {
  const { seed, durationMs, packetsPerSecond, say, atEnd } = options;
  const wanted = options.only ?? kindNames;
  const only = wanted.filter((kind) => kind !== 'clock jump' || rig.fakeTime !== undefined);
  const steps = makeSchedule({ seed, durationMs, only });
  const { referee, guestReferee } = await appointReferees(rig, packetsPerSecond);
  const startMs = monotonicMs();
  const runner = new Runner({
    rig,
    referee,
    onStep: ({ kind, target, lastsMs }, atMs) =>
      say(
        `${(atMs / 1000).toFixed(2).padStart(8)} s  ${kind} [${target}]${lastsMs > 0 ? ` for ${lastsMs} ms` : ''}`,
      ),
  });
  const failures: string[] = [];
  try {
    await runner.run(steps);
    await atEnd?.(rig, referee);
  } catch (error) {
    failures.push((error as Error).message);
  }
  const [evidence, ofGuest] = await Promise.all([referee.close(), guestReferee.close()]);
  failures.push(...runner.failures.map(describeFailure), ...otherFailures(evidence, referee));
  const windows = referee.windows.filter(({ side }) => side === 'server');
  const guest = accountOf({ ...ofGuest, windows, spells: evidence.spells });
  failures.push(...guest.failures);
  const lost = judge(evidence);
  const outside = lost.filter(isOutside);
  say(describeRun(evidence, lost));
  say(guest.told);
  say(describeMachine(referee, monotonicMs() - startMs));
  say(describeOmissions(wanted, only, evidence));
  for (const failure of failures) say(`FAILED: ${failure}`);
  return { evidence, lost, outside, failures, steps };
}

async function appointReferees(rig: Rig, packetsPerSecond: number) {
  const { client, server } = rig.topology;
  const referee = new Referee(
    {
      namespaces: { client, server },
      addresses: { client: tunnel.client.ipv4, server: tunnel.server.ipv4 },
      port: refereePorts.client,
    },
    packetsPerSecond,
  );
  const guestReferee = new Referee(
    {
      namespaces: { client: rig.guest.topology.client, server },
      addresses: { client: guestAddress, server: tunnel.server.ipv4 },
      port: refereePorts.guest,
    },
    packetsPerSecond / guestShare,
  );
  await Promise.all([referee.ready(), guestReferee.ready()]);
  return { referee, guestReferee };
}

/** Of the second client, which may lose only while the server is down. */
function accountOf(evidence: Evidence): { told: string; failures: string[] } {
  const lost = judge(evidence);
  const outside = lost.filter(isOutside);
  const { up, down } = evidence.ledgers;
  const told =
    `the second client: ${up.count} sent up, ${down.count} down; ${lost.length - outside.length} lost while the server ` +
    `was down or by the lab, ${outside.length} OUTSIDE`;
  const failures = describeLosses(evidence, outside);
  if (outside.length > 0)
    failures.unshift(`the second client lost ${outside.length} packets outside of the windows`);
  return { told, failures };
}

/** What did not take place, and why: a run that tried less must not look like one that tried all. */
function describeOmissions(
  wanted: readonly KindName[],
  only: readonly KindName[],
  { spells }: Evidence,
): string {
  const reasonOf = (kind: KindName) =>
    only.includes(kind)
      ? 'the seed has none in this time, or the run ended early'
      : "needs Debian's package faketime";
  const left = wanted.filter((name) => !spells.some(({ kind }) => kind === name));
  const lists = [...new Set(left.map(reasonOf))].map(
    (reason) => `${left.filter((kind) => reasonOf(kind) === reason).join(', ')} (${reason})`,
  );
  return `left out: ${lists.join('; ') || 'nothing'}`;
}

function otherFailures({ ledgers }: Evidence, { tallies }: Referee): string[] {
  const failures: string[] = [];
  const repeated = ledgers.up.repeated + ledgers.down.repeated;
  if (repeated > 0) failures.push(`${repeated} packets came out of the tunnel twice`);
  if (tallies.corrupted > manyCopies && tallies.differing === 0) {
    failures.push(`${tallies.corrupted} copies were corrupted, and no program counted one that differs`);
  }
  return failures;
}

function describeFailure({ step, message }: Failure): string {
  return `${step.kind} [${step.target}], due at ${(step.atMs / 1000).toFixed(1)} s: ${message}`;
}

/** What shows that the faults were real, and how busy the machine was. */
function describeMachine({ tallies, longestStallMs, drops }: Referee, tookMs: number): string {
  const list = (all: readonly { what: string; count: number }[]) => {
    const sums = new Map<string, number>();
    for (const { what, count } of all) sums.set(what, (sums.get(what) ?? 0) + count);
    return [...sums].map(([what, count]) => `${count}: ${what}`).join('; ') || 'none';
  };
  return [
    `took ${(tookMs / 1000).toFixed(0)} s; corrupt copies made ${tallies.corrupted}, copies found to differ ${tallies.differing}, requests answered in floods ${tallies.requests}`,
    `the lab's own drops: ${list(drops.drops)}; rengarde's sockets: ${list(drops.ofRengarde)}; longest stall of a sender ${longestStallMs.toFixed(0)} ms`,
  ].join('\n');
}

function toLog({ engine, seed, family, durationMs, packetsPerSecond, only }: ChaosOptions, verdict: Verdict) {
  const { evidence, lost, failures, steps } = verdict;
  const { windows, spells, labDrops } = evidence;
  const options = {
    engine,
    seed,
    ...(family !== undefined && { family }),
    durationMs,
    packetsPerSecond,
    ...(only !== undefined && { only }),
  };
  const slow = slowPackets(evidence);
  return { options, steps, spells, windows, labDrops, lost, slow, failures, table: rowsOf(evidence, lost) };
}
