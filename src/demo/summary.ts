/**
 * What a run showed, as plain text: the links with what they did to packets, and the tunnel over them.
 */

import { sumOf } from './history.ts';
import { formatCount, formatMs, formatShare } from './numbers.ts';
import type { Scenario } from './scenario.ts';
import type { Stream } from './stream.ts';
import type { TunnelLink } from './tunnel.ts';

/** Packets that the tunnel lost, both ways. */
export function lostPackets({ up, down }: Scenario): number {
  return up.counters.lost + down.counters.lost;
}

/** Some lines without colour, at most 79 columns wide. */
export function summaryOf(scenario: Scenario, runMs: number): string {
  const sent = scenario.up.counters.sent + scenario.down.counters.sent;
  const lost = lostPackets(scenario);
  const links = scenario.links.map(({ link }) => sumOf(link.forth, link.back));
  const copiesLost = links.reduce((total, counters) => total + counters.lost + counters.cutOff, 0);
  return [
    '',
    `The tunnel lost ${formatCount(lost)} of ${formatCount(sent)} packets in ${(runMs / 1000).toFixed(1)} s,`,
    `while its links lost ${formatCount(copiesLost)} copies.`,
    '',
    row(['link', 'delay', 'copies sent', 'lost by itself', 'lost while cut', 'cuts']),
    ...scenario.links.map(linkRow),
    '',
    row(['tunnel', 'median', 'p99', 'sent', 'received', 'lost']),
    streamRow('there', scenario.up),
    streamRow('back', scenario.down),
    '',
    'Links: both ways, as the links of this demo made it; they fade in turn.',
    'Tunnel: measured from one WireGuard endpoint to the other, packet by packet.',
    `Copies that came to an endpoint after the first one: ${formatCount(scenario.duplicates)}.`,
    '',
  ].join('\n');
}

function linkRow({ name, link, cuts }: TunnelLink): string {
  const { entered, delivered, lost, cutOff, delaySumMs } = sumOf(link.forth, link.back);
  return row([
    name,
    delivered === 0 ? '–' : formatMs(delaySumMs / delivered),
    formatCount(entered),
    formatShare(entered === 0 ? null : lost / entered),
    formatShare(entered === 0 ? null : cutOff / entered),
    formatCount(cuts),
  ]);
}

function streamRow(name: string, { counters, delays }: Stream): string {
  return row([
    name,
    formatMs(delays.percentileMs(0.5)),
    formatMs(delays.percentileMs(0.99)),
    formatCount(counters.sent),
    formatCount(counters.received),
    formatCount(counters.lost),
  ]);
}

function row([first = '', ...others]: readonly string[]): string {
  const widths = [10, 13, 16, 16, 7];
  return `  ${first.padEnd(11)}${others.map((cell, index) => cell.padStart(widths[index]!)).join('')}`;
}
