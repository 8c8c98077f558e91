/**
 * A steady stream of pings with an account of each: which were lost and when, and how long the others took.
 *
 * `ping` (iputils) sends; the far kernel answers. So no program of ours but the relay is on the way, and the
 * delay is taken from the kernel's receive timestamp. Lost is what has no answer within `graceMs`: the
 * stream goes on that long after `stop()`, and only what was sent before `stop()` is counted.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultEvent } from './faults.ts';
import type { Namespace } from './namespace.ts';
import { Program } from './program.ts';

/** An answer that takes longer counts as lost. */
const graceMs = 2_000;
/**
 * Below 10 ms `ping` spins while it waits, and sends less often while answers are outstanding (iputils
 * 20221126, ping_common.c): a denser stream is made of several pings at a longer interval.
 */
const shortestIntervalMs = 15;

export interface PingOptions {
  readonly namespace: Namespace;
  readonly to: string;
  readonly perSecond?: number;
  /** Payload in bytes, at least 16 (ping keeps the time in it); never fragmented. */
  readonly payloadBytes?: number;
  /** What is printed waits in a file for `stop()`: nobody wakes up for each answer, beside what is being measured. */
  readonly isReadAtEnd?: boolean;
}

export interface LostPing {
  /** Unix time in milliseconds, to within one interval: reckoned from the nearest answered ping before it. */
  readonly sentAtMs: number;
}

export interface AnsweredPing {
  /** Unix time in milliseconds. */
  readonly sentAtMs: number;
  readonly delayMs: number;
}

export interface PingReport {
  readonly sent: number;
  readonly answered: readonly AnsweredPing[];
  readonly lost: readonly LostPing[];
  /** Second and further answers to one ping: what a tunnel must never let through. */
  readonly duplicates: number;
}

/** A running stream. */
export interface PingStream {
  /** Waits until so many more pings have been answered; throws when they are not within the programs' usual time. */
  untilAnswered(more: number): Promise<void>;
  /** Ends the stream after the grace time and gives the account. */
  stop(): Promise<PingReport>;
}

/** Starts pinging at once, 200 times a second unless told otherwise. */
export function startPings(options: PingOptions): PingStream {
  const perSecond = options.perSecond ?? 200;
  const streams = Math.ceil((perSecond * shortestIntervalMs) / 1000);
  const intervalMs = (1000 * streams) / perSecond;
  const pings = Array.from({ length: streams }, () => startPing(options, intervalMs));
  return {
    async untilAnswered(more) {
      const each = Math.ceil(more / streams);
      await Promise.all(pings.map((ping) => ping.untilAnswered(each)));
    },
    async stop() {
      const stoppedAtMs = Date.now();
      await sleep(graceMs);
      const reports = await Promise.all(pings.map((ping) => ping.stop(stoppedAtMs)));
      const inOrder = <T extends LostPing>(list: T[]) => list.sort((a, b) => a.sentAtMs - b.sentAtMs);
      return {
        sent: sum(reports.map((report) => report.sent)),
        answered: inOrder(reports.flatMap((report) => report.answered)),
        lost: inOrder(reports.flatMap((report) => report.lost)),
        duplicates: sum(reports.map((report) => report.duplicates)),
      };
    },
  };
}

/** One `ping`. With `-l 2` it makes up for a ping that it sent late. */
function startPing(options: PingOptions, intervalMs: number) {
  const size = ['-s', String(options.payloadBytes ?? 56), '-M', 'do'];
  const args = ['-n', '-D', '-l', '2', '-i', (intervalMs / 1000).toFixed(4), ...size, options.to];
  const folder = options.isReadAtEnd === true ? mkdtempSync(join(tmpdir(), 'rengarde-pings-')) : undefined;
  const printed = folder === undefined ? undefined : join(folder, 'printed');
  const program =
    printed === undefined
      ? new Program(options.namespace, 'ping', args)
      : new Program(options.namespace, 'sh', ['-c', 'exec ping "$@" > "$0"', printed, ...args]);
  const account = new Account(intervalMs);
  program.onLine((line) => account.read(line));
  return {
    async untilAnswered(more: number): Promise<void> {
      const wanted = account.answered + more;
      await program.waitFor(`${more} answers more`, () => account.answered >= wanted);
    },
    async stop(stoppedAtMs: number): Promise<PingReport> {
      if (program.unexpectedEnd !== null) throw new Error(program.unexpectedEnd);
      // SIGINT makes ping print its summary, which says how many were sent.
      await program.stop('SIGINT');
      if (printed !== undefined)
        for (const line of readFileSync(printed, 'utf8').split('\n')) account.read(line);
      if (folder !== undefined) rmSync(folder, { recursive: true });
      const report = account.close(stoppedAtMs);
      if (report.sent === 0) throw new Error(`Cannot count pings, ping printed:\n${program.output}`);
      return report;
    },
  };
}

/** Pings for so long and gives the account. */
export async function pingFor(milliseconds: number, options: PingOptions): Promise<PingReport> {
  const stream = startPings(options);
  await sleep(milliseconds);
  return stream.stop();
}

/** The delay that so many per cent of the answered pings did not exceed, in ms; NaN without any. */
export function delayPercentile(report: PingReport, percent: number): number {
  const delays = report.answered.map((ping) => ping.delayMs).sort((a, b) => a - b);
  return delays[Math.max(0, Math.ceil((percent / 100) * delays.length) - 1)] ?? Number.NaN;
}

/** The account in one line, then each lost ping with the last fault made before it: for messages. */
export function describePings(report: PingReport, events: readonly FaultEvent[] = []): string {
  const percentiles = [50, 90, 99, 99.9, 100].map((p) => `p${p} ${delayPercentile(report, p).toFixed(2)}`);
  const head = `${report.sent} sent, ${report.lost.length} lost, ${report.duplicates} duplicates; ms: ${percentiles.join(', ')}`;
  const lines = report.lost.slice(0, 50).map(({ sentAtMs }) => {
    const fault = events.findLast((event) => event.atMs <= sentAtMs);
    const after =
      fault === undefined ? '' : `, ${(sentAtMs - fault.atMs).toFixed(0)} ms after: ${fault.what}`;
    return `  lost at ${sentAtMs.toFixed(0)}${after}`;
  });
  return [head, ...lines].join('\n');
}

/** Reads what ping prints. Sequence numbers have 16 bits on the wire and are unrolled here. */
class Account {
  readonly #intervalMs: number;
  readonly #startedAtMs = Date.now();
  readonly #answers = new Map<number, AnsweredPing>();
  #latest = 0;
  #duplicates = 0;
  #sent = 0;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get answered(): number {
    return this.#answers.size;
  }

  read(line: string): void {
    const summary = /^(\d+) packets transmitted/.exec(line);
    if (summary !== null) this.#sent = Number(summary[1]);
    const answer = /^\[([\d.]+)\] \d+ bytes from .*icmp_seq=(\d+) .*time=([\d.]+) ms(.*DUP)?/.exec(line);
    if (answer === null) return;
    const [, printedAt, onWire, delay, duplicate] = answer;
    if (duplicate !== undefined) {
      this.#duplicates += 1;
      return;
    }
    const sequence = this.#latest + (((Number(onWire) - this.#latest) << 16) >> 16);
    this.#latest = Math.max(this.#latest, sequence);
    const delayMs = Number(delay);
    this.#answers.set(sequence, { sentAtMs: Number(printedAt) * 1000 - delayMs, delayMs });
  }

  close(stoppedAtMs: number): PingReport {
    const answered: AnsweredPing[] = [];
    const lost: LostPing[] = [];
    let sentAtMs = this.#startedAtMs;
    let sequence = 1;
    for (; sequence <= this.#sent; sequence += 1) {
      const answer = this.#answers.get(sequence);
      sentAtMs = answer?.sentAtMs ?? sentAtMs + this.#intervalMs;
      if (sentAtMs > stoppedAtMs) break;
      if (answer !== undefined && answer.delayMs <= graceMs) answered.push(answer);
      else lost.push({ sentAtMs });
    }
    return { sent: sequence - 1, answered, lost, duplicates: this.#duplicates };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
