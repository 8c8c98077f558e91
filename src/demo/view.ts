/**
 * The live view as lines of text: a pure function of what it shows. Drawing and keys are the terminal's. Every figure has
 * a fixed place and width; what colour says is also said by a word or a character.
 */

import type { Canvas } from '../terminal/index.ts';
import type { Cell, LinkHistory } from './history.ts';
import { formatCount, formatMs, formatShare } from './numbers.ts';
import type { Scenario } from './scenario.ts';
import type { Stream } from './stream.ts';
import { lostPackets } from './summary.ts';
import type { TunnelLink } from './tunnel.ts';

/** What is shown. `histories` has one for each link, in order. */
export interface Shown {
  readonly scenario: Scenario;
  readonly histories: readonly LinkHistory[];
  readonly elapsedMs: number;
}

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

/** How to write: with or without colour, Unicode or ASCII. */
interface Pen {
  paint(style: Style, text: string): string;
  readonly whole: string;
  readonly some: string;
  readonly heavy: string;
  readonly cut: string;
  readonly plusMinus: string;
  readonly nothing: string;
}

const CODES: Record<Style, number> = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31 };
const UNICODE = { whole: '█', some: '▅', heavy: '▂', cut: '×', plusMinus: '±', nothing: '–' };
const ASCII = { whole: '#', some: '+', heavy: '-', cut: 'x', plusMinus: '+-', nothing: '-' };
/** Width of the link table before the strip of history, which takes the rest. */
const STRIP_AT = 46;
/** Blank in all rows but those of links, which have their key there. */
const KEY_COLUMNS = 3;
const TITLE_COLUMNS = 80;
const MOST_COLUMNS = 120;
/** From this share of a half second's packets on, a cell shows heavy loss. */
const HEAVY_LOSS_SHARE = 0.05;

/** Lines from the top, none longer than the canvas is wide; as many as fit. */
export function viewOf({ scenario, histories, elapsedMs }: Shown, canvas: Canvas): string[] {
  const { columns, rows, hasColour, hasUnicode } = canvas;
  const pen: Pen = {
    ...(hasUnicode ? UNICODE : ASCII),
    paint: (style, text) => (hasColour ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text),
  };
  const stripCells = Math.max(0, Math.min(columns, MOST_COLUMNS) - STRIP_AT - 1);
  const automatic = `automatic cuts: ${scenario.isAutomatic ? 'on ' : 'off'}`;
  const lines = [
    titleRow(elapsedMs, Math.min(columns, TITLE_COLUMNS), pen),
    ' One WireGuard tunnel over three links. Each packet goes through all of them;',
    ' the first copy to arrive wins.',
    '',
    pen.paint('dim', linkColumns('link', 'state', 'delay', 'loss', stripCells < 14 ? '' : 'last seconds')),
    ...scenario.links.map((link, index) => linkRow(index, link, histories[index]!, stripCells, pen)),
    '',
    pen.paint('dim', streamColumns('tunnel', ['sent', 'received', 'median', 'p99'], 'lost')),
    streamRow('there', scenario.up, pen),
    streamRow('back', scenario.down, pen),
    '',
    `     ${statusOf(scenario, pen)}`,
    '',
    `  ${pen.paint('bold', '1 2 3')} cut or restore a link     ${pen.paint('bold', 'a')} ${automatic}     ${pen.paint('bold', 'q')} quit`,
    `  or on the page ${pen.paint('bold', scenario.pages.client)}  server's page ${scenario.pages.server}`,
    '',
    pen.paint(
      'dim',
      ` ${pen.whole} all through  ${pen.some} some lost  ${pen.heavy} 5 % or more lost  ${pen.cut} cut; two cells a second`,
    ),
    pen.paint('dim', ' Link figures: as the links made them, last 3 s. Tunnel: measured end to end.'),
  ];
  // A low terminal goes without blank lines first, then without the legend.
  const fitting = lines.length > rows ? lines.filter((line) => line !== '') : lines;
  return fitting.slice(0, rows).map((line) => clip(line, columns));
}

function titleRow(elapsedMs: number, columns: number, { paint }: Pen): string {
  const title = 'rengarde demo';
  const seconds = String(Math.floor(elapsedMs / 1000) % 60).padStart(2, '0');
  const clock = `${Math.floor(elapsedMs / 60_000)}:${seconds}`;
  return ` ${paint('bold', title)}${clock.padStart(Math.max(0, columns - title.length - 3))}`;
}

function linkRow(
  index: number,
  { name, link }: TunnelLink,
  history: LinkHistory,
  stripCells: number,
  pen: Pen,
): string {
  const { lossShare, delayMs } = history.recent();
  const hasDelay = delayMs !== null && !link.isCut;
  const delay = hasDelay
    ? `${delayMs.toFixed(0).padStart(3)} ${pen.plusMinus} ${link.traits.jitterMs} ms`
    : '';
  const state = link.isCut ? pen.paint('red', 'CUT  ') : pen.paint('green', 'up   ');
  const loss = link.isCut ? 'all' : formatShare(lossShare).replace('–', pen.nothing);
  const cells = stripCells === 0 ? [] : history.cells.slice(-stripCells);
  const strip = cells.map((cell) => cellOf(cell, pen)).join('');
  const key = pen.paint('bold', String(index + 1));
  return `  ${key}${linkColumns(name, state, delay, loss, strip).slice(KEY_COLUMNS)}`;
}

function linkColumns(name: string, state: string, delay: string, loss: string, strip: string): string {
  return `     ${name.padEnd(11)}${state} ${delay.padEnd(13)}${loss.padStart(7)}    ${strip}`;
}

function cellOf({ isCut, entered, lost }: Cell, pen: Pen): string {
  if (isCut) return pen.paint('red', pen.cut);
  if (lost === 0) return pen.paint('green', pen.whole);
  return pen.paint('yellow', lost / entered < HEAVY_LOSS_SHARE ? pen.some : pen.heavy);
}

function streamRow(name: string, { counters, delays }: Stream, pen: Pen): string {
  const [median, p99] = [0.5, 0.99].map((share) =>
    formatMs(delays.recentPercentileMs(share)).replace('–', pen.nothing),
  );
  const figures = [formatCount(counters.sent), formatCount(counters.received), median!, p99!];
  const lost = formatCount(counters.lost).padStart(9);
  return streamColumns(name, figures, pen.paint(counters.lost === 0 ? 'green' : 'red', lost));
}

function streamColumns(name: string, figures: readonly string[], lost: string): string {
  return `     ${name.padEnd(11)}${figures.map((figure) => figure.padStart(11)).join('')}${lost.padStart(9)}`;
}

function statusOf(scenario: Scenario, { paint }: Pen): string {
  const { links } = scenario;
  const lost = lostPackets(scenario);
  const up = links.filter(({ link }) => !link.isCut);
  if (up.length === 0) return paint('red', 'All links are cut: nothing can get through.');
  if (up.length === 1 && links.length > 1) {
    return paint('yellow', `Only ${up[0]!.name} is left: what it loses, the tunnel loses.`);
  }
  if (lost === 0) return paint('green', 'No packet lost: what one link loses, another delivers.');
  return paint('yellow', `${formatCount(lost)} packets lost so far.`);
}

/** Cuts to so many visible characters; colour codes have no width. */
function clip(line: string, columns: number): string {
  let visible = 0;
  let clipped = '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  for (const part of line.split(/(\x1b\[\d+m)/)) {
    if (part.startsWith('\x1b')) {
      clipped += part;
    } else {
      clipped += part.slice(0, Math.max(0, columns - visible));
      visible += part.length;
    }
  }
  return clipped;
}
