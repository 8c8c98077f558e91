/** A session's tunnel as the manager shows it. */
import type { PathState, Rates, Tunnel, TunnelState } from '../contract/index.ts';
import { forEachWindow, secondsSince } from './path-view.ts';
import type { SessionGauge } from './session-gauge.ts';

/** A tunnel that carried nothing for this long has nothing to carry; a keepalive every 5 s counts as traffic. */
const IDLE_AFTER_MS = 10_000;

/** @param lastMs when a packet was last carried, either way; 0: never */
export function viewTunnel(state: TunnelState, session: SessionGauge, lastMs: number, nowMs: number): Tunnel {
  return {
    state,
    idleSeconds: secondsSince(lastMs, nowMs),
    rates: ratesOf(session),
    windows: forEachWindow((window) => session.tunnel.figures(window)),
  };
}

/** Of a session from which something has come. */
export function trafficState(session: SessionGauge, lastMs: number, nowMs: number): TunnelState {
  if (nowMs - lastMs > IDLE_AFTER_MS) return 'idle';
  return session.tunnel.figures('10s').lost > 0 ? 'losing' : 'carrying';
}

export function isOpen(state: PathState): boolean {
  return state === 'up' || state === 'suspect';
}

/** Every open link sends each packet, so what goes out is what the busiest sends. */
export function ratesOf(session: SessionGauge): Rates {
  let outBitsPerSecond = 0;
  let outPacketsPerSecond = 0;
  for (const link of session.links()) {
    if (!link.isOpen) continue;
    const rates = link.figures.rates();
    outBitsPerSecond = Math.max(outBitsPerSecond, rates.outBitsPerSecond);
    outPacketsPerSecond = Math.max(outPacketsPerSecond, rates.outPacketsPerSecond);
  }
  return { ...session.tunnel.rates(), outBitsPerSecond, outPacketsPerSecond };
}
