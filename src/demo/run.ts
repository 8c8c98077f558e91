/**
 * A run of the demo from start to exit status: live on a terminal, else as lines of text, each followed by the
 * summary. Scenario, view and summary do the work.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from '../net/index.ts';
import { Screen } from '../terminal/index.ts';
import { LinkHistory, SAMPLE_MS } from './history.ts';
import { formatCount, formatMs } from './numbers.ts';
import { Scenario } from './scenario.ts';
import { lostPackets, summaryOf } from './summary.ts';
import { TunnelFailure } from './tunnel.ts';
import { viewOf } from './view.ts';

/** Without a terminal and without a wish: long enough for each link to be cut once. */
const DEFAULT_SECONDS = 10;
/** Automatic cuts of the live view take their time. */
const LIVE_RUN_MS = 60_000;
const PROGRESS_MS = 1_000;
const DRAW_MS = 200;
const POLL_MS = 50;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export interface DemoOptions {
  /** How long to run, as text, even on a terminal. Default: live on a terminal, else 10 s. */
  seconds?: number;
  output: NodeJS.WriteStream;
  input: NodeJS.ReadStream;
  /** For NO_COLOR, TERM and the locale. Default: the process's. */
  environment?: NodeJS.ProcessEnv;
}

/** Ends a run before its time; `status` is for the shell, and the first one counts. */
class Stop {
  status: number | null = null;
  /** Resolves when asked. */
  readonly asked: Promise<void>;
  #resolve: () => void = () => {};

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  ask(status: number): void {
    this.status ??= status;
    this.#resolve();
  }
}

/**
 * Runs the demo and says everything on `output`. Resolves to the exit status: 0; 1 when it could not run, or lost
 * packets though nobody cut a link by hand; 128 + the signal's number when a signal ended it.
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { output, input, environment = process.env } = options;
  const isLive = options.seconds === undefined && output.isTTY && input.isTTY && environment.TERM !== 'dumb';
  const runMs = (options.seconds ?? DEFAULT_SECONDS) * 1000;
  const scenario = new Scenario(isLive ? LIVE_RUN_MS : runMs);
  const stop = new Stop();
  const listeners = Object.entries(SIGNALS).map(([signal, status]) => {
    const listener = () => stop.ask(status);
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  // Who reads has gone (`| head`): nobody is left to tell.
  output.on('error', () => stop.ask(0));

  try {
    output.write('Starting rengarde-client and rengarde-server, with three links between them ...\n');
    const starting = scenario.start();
    starting.catch(() => {}); // when asked to stop first, nobody waits for its failure
    await Promise.race([starting, stop.asked]);
    if (stop.status !== null) return stop.status;
    output.write(`The client's page, where links can be cut: ${scenario.pages.client}\n`);
    output.write(`The server's page:                         ${scenario.pages.server}\n`);
    const startMs = nowMs();
    scenario.setAutomatic(true);
    if (isLive) await watchLive(scenario, startMs, stop, output, input, environment);
    else await watchAsText(scenario, startMs, runMs, stop, output);
    const ranMs = nowMs() - startMs;
    scenario.setAutomatic(false);
    // A signal from the keyboard goes to the programs too: that they end then is no failure.
    if (stop.status === null || stop.status === 0) {
      output.write('Waiting for the last packets ...\n');
      if (scenario.failure === null) await scenario.settle();
      if (scenario.failure !== null) throw new TunnelFailure(scenario.failure);
    }
    output.write(summaryOf(scenario, ranMs));
    if (stop.status !== null) return stop.status;
    if (scenario.wasSteered) return 0;
    if (lostPackets(scenario) === 0 && scenario.up.counters.received > 0) return 0;
    output.write('Failed: the tunnel lost packets although a link was up at all times.\n');
    return 1;
  } catch (error) {
    output.write(`Cannot run the demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await scenario.stop();
    for (const remove of listeners) remove();
  }
}

async function watchLive(
  scenario: Scenario,
  startMs: number,
  stop: Stop,
  output: NodeJS.WriteStream,
  input: NodeJS.ReadStream,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const histories = scenario.links.map((link) => new LinkHistory(link));
  const draw = () =>
    screen.draw(viewOf({ scenario, histories, elapsedMs: nowMs() - startMs }, screen.canvas));
  const screen = new Screen(output, input, environment, (key) => {
    if (key === 'q' || key === 'Q' || key === '\x03' || key === '\x04') stop.ask(0);
    else if (key === 'a' || key === 'A') scenario.setAutomatic(!scenario.isAutomatic);
    else if (key >= '1' && key <= String(scenario.links.length)) {
      scenario.toggle(Number(key) - 1);
    }
    draw();
  });
  const timers = [
    setInterval(() => {
      for (const history of histories) history.sample();
    }, SAMPLE_MS),
    setInterval(draw, DRAW_MS),
  ];
  screen.enter();
  draw();
  output.on('resize', draw);
  try {
    await untilStopped(scenario, stop, Number.POSITIVE_INFINITY);
  } finally {
    output.off('resize', draw);
    for (const timer of timers) clearInterval(timer);
    screen.leave();
  }
}

async function watchAsText(
  scenario: Scenario,
  startMs: number,
  runMs: number,
  stop: Stop,
  output: NodeJS.WriteStream,
): Promise<void> {
  const report = () => {
    const { up, down } = scenario;
    const cut = scenario.links.filter(({ link }) => link.isCut).map(({ name }) => name);
    const seconds = ((nowMs() - startMs) / 1000).toFixed(0).padStart(4);
    const received = formatCount(up.counters.received + down.counters.received).padStart(9);
    const delay = formatMs(up.delays.recentPercentileMs(0.5)).padStart(8);
    const links = cut.length === 0 ? 'all links up' : `${cut.join(', ')} cut`;
    output.write(
      `${seconds} s ${received} received  ${formatCount(lostPackets(scenario))} lost  median ${delay}  ${links}\n`,
    );
  };
  const timer = setInterval(report, PROGRESS_MS);
  try {
    await untilStopped(scenario, stop, startMs + runMs);
  } finally {
    clearInterval(timer);
  }
}

async function untilStopped(scenario: Scenario, stop: Stop, endMs: number): Promise<void> {
  while (stop.status === null && scenario.failure === null && nowMs() < endMs) {
    await Promise.race([sleep(Math.min(POLL_MS, Math.max(1, endMs - nowMs()))), stop.asked]);
  }
}
