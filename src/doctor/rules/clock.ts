/**
 * WireGuard's handshakes carry the time and a server takes only later ones than it has seen (white paper,
 * section 5.1): a board without a clock battery that wakes up in 1970 is not answered.
 */
import type { ClientFacts, ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';

/** The first version is newer than this. */
const EARLIEST_MS = Date.UTC(2024, 0, 1);
/** Clocks of file servers differ by this much without meaning anything. */
const TOLERANCE_MS = 60_000;

export function judgeClock(facts: ClientFacts | ServerFacts): Finding {
  const { nowMs, newestFile } = facts.host.clock;
  const now = new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ');
  const isBehindFile = newestFile !== undefined && newestFile.modifiedMs > nowMs + TOLERANCE_MS;
  if (nowMs >= EARLIEST_MS && !isBehindFile) return ok('clock', `the clock says ${now} UTC`);
  const why = isBehindFile ? `${newestFile.name} is from later` : 'that is past';
  const isUnanswered = hasNoAnswer(facts);
  const effect = isUnanswered
    ? 'WireGuard is not answered, and this may be why: servers ignore handshakes older than the last'
    : 'WireGuard servers ignore handshakes older than the last';
  const message = `the clock says ${now} UTC, but ${why}; ${effect}`;
  const remedy = 'set the clock (timedatectl set-ntp true, or date -s), then start WireGuard again';
  return found(isUnanswered ? 'problem' : 'warning', 'clock-behind', message, remedy);
}

function hasNoAnswer({ running, wireguard }: ClientFacts | ServerFacts): boolean {
  const { overview } = running;
  if (overview?.role === 'client') return overview.session.tunnel.state === 'unanswered';
  const peers = wireguard.devices.flatMap((device) => device.peers);
  return peers.length > 0 && peers.every(({ latestHandshakeSeconds }) => latestHandshakeSeconds === 0);
}
