/**
 * What a service manager such as systemd is told: that the program is ready, reloads or stops, how it fares,
 * and that its packet loop lives. The loop decides about the last: a program whose loop hangs is as good as dead,
 * however well its other threads are, and the service manager then starts it anew.
 * Source: sd_notify(3), sd_watchdog_enabled(3), systemd.service(5). How a message gets there is the caller's.
 */

/** The status is looked at this often at least. */
const STATUS_MS = 5_000;
/** The loop turns to its chores once a second at least; this much later it hangs. */
const LOOP_HANGS_AFTER_MS = 3_000;
/** Two pings may be late or lost before the service manager acts. */
const PINGS_PER_WATCHDOG = 3;

/** What is watched. */
export interface Service {
  /** Grows while the packet loop lives. */
  readonly heartbeats: number;
  /** One line for people: how it fares. */
  readonly status: string;
}

export interface ServiceManagerOptions {
  /** Hands one message over; must not throw. */
  send(message: string): void;
  /** How long the service manager waits for a ping; absent: it wants none. */
  readonly watchdogMs?: number | undefined;
  /** CLOCK_MONOTONIC in nanoseconds; another one in tests. */
  readonly clock?: () => bigint;
}

/** Told by the program; pings by itself from `ready()` to `stopping()`. */
export class ServiceManager {
  readonly #send: (message: string) => void;
  readonly #clock: () => bigint;
  readonly #pingMs: number | undefined;
  #service: Service | undefined;
  #timer: NodeJS.Timeout | undefined;
  #status = '';
  #heartbeats = 0;
  #beatAtMs = 0;

  constructor({ send, watchdogMs, clock = () => process.hrtime.bigint() }: ServiceManagerOptions) {
    this.#send = send;
    this.#clock = clock;
    this.#pingMs = watchdogMs === undefined ? undefined : watchdogMs / PINGS_PER_WATCHDOG;
  }

  /** The service carries packets from here on. */
  ready(service: Service): void {
    this.#service = service;
    this.#heartbeats = service.heartbeats;
    this.#beatAtMs = this.#nowMs();
    this.#send('READY=1'); // the status comes with the first look, when paths had time to open
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), Math.min(this.#pingMs ?? STATUS_MS, STATUS_MS));
    this.#timer.unref();
  }

  /** The file is read again; `reloaded()` follows, whatever came of it. */
  reloading(): void {
    this.#send(`RELOADING=1\nMONOTONIC_USEC=${this.#clock() / 1000n}`);
  }

  reloaded(): void {
    this.#send('READY=1');
  }

  stopping(): void {
    clearInterval(this.#timer);
    this.#send('STOPPING=1\nSTATUS=closing');
  }

  #look(): void {
    const { heartbeats, status } = this.#service!;
    const now = this.#nowMs();
    if (heartbeats !== this.#heartbeats) this.#beatAtMs = now;
    this.#heartbeats = heartbeats;
    const isAlive = now - this.#beatAtMs <= LOOP_HANGS_AFTER_MS;
    const told = isAlive ? status : 'the packet loop hangs';
    const lines = isAlive && this.#pingMs !== undefined ? ['WATCHDOG=1'] : [];
    if (told !== this.#status) lines.push(`STATUS=${told}`);
    this.#status = told;
    if (lines.length > 0) this.#send(lines.join('\n'));
  }

  #nowMs(): number {
    return Number(this.#clock() / 1_000_000n);
  }
}

/** How long the service manager waits for a ping of process `pid`; undefined: it wants none. */
export function watchdogMs(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { WATCHDOG_USEC: us, WATCHDOG_PID: wantedPid } = env;
  if (us === undefined || !/^[1-9]\d*$/.test(us)) return undefined;
  if (wantedPid !== undefined && wantedPid !== String(pid)) return undefined; // meant for our parent
  return Number(us) / 1000;
}
