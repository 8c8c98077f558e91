/**
 * The live view as lines of text: a pure function of what it shows. Drawing and keys are screen.ts's. Every figure has
 * a fixed place and width; what colour says is also said by a word or a character.
 */

import type { LinkHistory } from './history.ts';
import { formatCount, formatMs, formatShare } from './numbers.ts';
import type { DemoLink, Scenario } from './scenario.ts';
import type { Stream } from './stream.ts';
import { lostPackets } from './summary.ts';

/** What the terminal can show. */
export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly hasColour: boolean;
  /** Else ASCII only. */
  readonly hasUnicode: boolean;
}

/** What is shown. `histories` has one for each link, in order. */
export interface Shown {
  readonly scenario: Scenario;
  readonly histories: readonly LinkHistory[];
  readonly elapsedMs: number;
}

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
type Paint = (style: Style, text: string) => string;

const CODES: Record<Style, number> = { bold: 1, dim: 2, green: 32, yellow: 33, red: 31 };
/** Widths of the link table before the strip of history, which takes the rest. */
const STRIP_AT = 46;
const MOST_COLUMNS = 120;
/** From this share of a half second's packets on, a cell shows heavy loss. */
const HEAVY_LOSS_SHARE = 0.05;

/** Lines from the top, none longer than the canvas is wide; as many as fit. */
export function viewOf({ scenario, histories, elapsedMs }: Shown, canvas: Canvas): string[] {
  const { columns, rows, hasColour, hasUnicode } = canvas;
  const paint: Paint = (style, text) => (hasColour ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text);
  const glyphs = hasUnicode
    ? { whole: '█', some: '▅', heavy: '▂', cut: '×', pm: '±', line: '─', dot: '·' }
    : { whole: '#', some: '+', heavy: '-', cut: 'x', pm: '+-', line: '-', dot: '.' };
  const width = Math.min(columns, MOST_COLUMNS);
  const stripCells = Math.max(0, width - STRIP_AT - 1);
  const lost = lostPackets(scenario);

  const linkRow = ({ name, link }: DemoLink, index: number): string => {
    const { lossShare, delayMs } = histories[index]!.recent();
    const delay =
      delayMs === null || link.isCut
        ? glyphs.dot
        : `${delayMs.toFixed(0).padStart(3)} ${glyphs.pm} ${link.traits.jitterMs} ms`;
    const state = link.isCut ? paint('red', 'CUT'.padEnd(6)) : paint('green', 'up'.padEnd(6));
    const loss = link.isCut ? 'all' : ascii(formatShare(lossShare), hasUnicode);
    const strip = histories[index]!.cells.slice(
      stripCells === 0 ? histories[index]!.cells.length : -stripCells,
    ).map(({ isCut, entered, lost: cellLost }) => {
      if (isCut) return paint('red', glyphs.cut);
      if (cellLost === 0) return paint('green', glyphs.whole);
      return cellLost / entered < HEAVY_LOSS_SHARE
        ? paint('yellow', glyphs.some)
        : paint('yellow', glyphs.heavy);
    });
    return `  ${paint('bold', String(index + 1))}  ${name.padEnd(11)}${state}${delay.padEnd(13)}${loss.padStart(7)}    ${strip.join('')}`;
  };
  const streamRow = (name: string, { counters, delays }: Stream): string => {
    const figures = [
      formatCount(counters.sent),
      formatCount(counters.received),
      ascii(formatMs(delays.recentPercentileMs(0.5)), hasUnicode),
      ascii(formatMs(delays.recentPercentileMs(0.99)), hasUnicode),
    ].map((figure) => figure.padStart(11));
    const lostText = formatCount(counters.lost).padStart(9);
    return `     ${name.padEnd(11)}${figures.join('')}${paint(counters.lost === 0 ? 'green' : 'red', lostText)}`;
  };

  const clock = `${Math.floor(elapsedMs / 60_000)}:${String(Math.floor(elapsedMs / 1000) % 60).padStart(2, '0')}`;
  const title = 'rengarde demo';
  const lines = [
    ` ${paint('bold', title)}${clock.padStart(Math.max(0, Math.min(width, 80) - title.length - 3))}`,
    ' One WireGuard tunnel over three links. Each packet goes through all of them;',
    ' the first copy to arrive wins.',
    '',
    paint(
      'dim',
      `     ${'link'.padEnd(11)}${'state'.padEnd(6)}${'delay'.padEnd(13)}${'loss'.padStart(7)}    ${stripCells >= 14 ? 'last seconds' : ''}`,
    ),
    ...scenario.links.map(linkRow),
    '',
    paint(
      'dim',
      `     ${'tunnel'.padEnd(11)}${['sent', 'received', 'median', 'p99'].map((head) => head.padStart(11)).join('')}${'lost'.padStart(9)}`,
    ),
    streamRow('there', scenario.up),
    streamRow('back', scenario.down),
    '',
    `     ${statusOf(scenario, lost, paint)}`,
    '',
    `  ${keys(
      [
        ['1 2 3', 'cut or restore a link'],
        ['a', `automatic cuts: ${scenario.isAutomatic ? 'on ' : 'off'}`],
        ['q', 'quit'],
      ],
      paint,
    )}`,
    '',
    paint(
      'dim',
      ` ${glyphs.whole} all through  ${glyphs.some} some lost  ${glyphs.heavy} 5 % or more lost  ${glyphs.cut} cut; two cells a second`,
    ),
    paint('dim', ' Link figures: as the links made them, last 3 s. Tunnel: measured end to end.'),
  ];
  return lines.slice(0, rows).map((line) => clip(line, columns));
}

function statusOf({ links }: Scenario, lost: number, paint: Paint): string {
  const up = links.filter(({ link }) => !link.isCut);
  if (up.length === 0) return paint('red', 'All links are cut: nothing can get through.');
  if (up.length === 1 && links.length > 1) {
    return paint('yellow', `Only ${up[0]!.name} is left: what it loses, the tunnel loses.`);
  }
  if (lost === 0) return paint('green', 'No packet lost: what one link loses, another delivers.');
  return paint('yellow', `${formatCount(lost)} packets lost so far.`);
}

function keys(pairs: readonly (readonly [string, string])[], paint: Paint): string {
  return pairs.map(([key, meaning]) => `${paint('bold', key)} ${meaning}`).join('     ');
}

function ascii(text: string, hasUnicode: boolean): string {
  return hasUnicode ? text : text.replace('–', '-');
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
