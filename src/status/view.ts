/** The status as lines of text: pure, of what the API told. What colour says is also said by a word. */
import type {
  ClientOverview,
  Overview,
  Path,
  ServerOverview,
  SessionList,
  SessionSummary,
} from '../contract/index.ts';
import { type Canvas, plain } from '../terminal/index.ts';
import { type Column, row, wrap } from './columns.ts';
import { headlineOf, labelOf, type Mood } from './headline.ts';
import { count, formatBits, formatDuration, formatLast, formatMs, formatShare } from './units.ts';

/** What is known at a moment. */
export interface Known {
  readonly overview: Overview;
  /** Of a server: its sessions, worst first. */
  readonly list?: SessionList;
}

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';
type Paint = (style: Style, text: string) => string;

/** Select Graphic Rendition, ECMA-48. */
const SGR: Record<Style, number> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const STYLES: Record<Mood, Style> = { good: 'green', warn: 'yellow', bad: 'red', quiet: 'bold' };
/** Longer without a packet wants attention. */
const OLD_SECONDS = 10;
const MIN_NAME_WIDTH = 12;
const MAX_NAME_WIDTH = 40;
const INDENT = '    ';

/** No line is longer than the canvas is wide. @param nowMs Unix time */
export function viewOf(known: Known, canvas: Canvas, nowMs: number): string[] {
  const { overview } = known;
  const paint: Paint = (style, text) => (canvas.hasColour ? `\x1b[${SGR[style]}m${text}\x1b[0m` : text);
  const width = canvas.columns;
  const { mood, title, sentences } = headlineOf(overview, nowMs);
  const lines = wrap(plain([title, ...sentences].join(' ')), width);
  return [
    ...wrap(about(overview, nowMs), width).map((line) => paint('dim', line)),
    '',
    ...lines.map((line, index) =>
      index === 0 && title !== '' ? paintTitle(line, title, mood, paint) : line,
    ),
    '',
    ...(overview.role === 'client'
      ? clientLines(overview, width, paint)
      : serverLines(overview, known.list, width, paint)),
  ];
}

function about({ instance }: Overview, nowMs: number): string {
  const { version, role, hostName, startedAt, description } = instance;
  const ran = formatDuration((nowMs - Date.parse(startedAt)) / 1000);
  const what = description === '' ? '' : `: ${description}`;
  return plain(`rengarde ${version} ${role} on ${hostName}, running for ${ran}${what}`);
}

function paintTitle(line: string, title: string, mood: Mood, paint: Paint): string {
  return line.startsWith(title) ? paint(STYLES[mood], title) + line.slice(title.length) : line;
}

function clientLines({ session }: ClientOverview, width: number, paint: Paint): string[] {
  const columns = withName('Link', width, [
    { title: 'State', width: 8, align: 'left' },
    { title: 'Down', width: 11, align: 'right' },
    { title: 'Up', width: 11, align: 'right' },
    { title: 'Lost 15m', width: 8, align: 'right' },
    { title: 'Late', width: 8, align: 'right' },
    { title: 'Last', width: 6, align: 'right' },
  ]);
  const { inBitsPerSecond, outBitsPerSecond } = session.tunnel.rates;
  const lost = session.tunnel.windows['15m'].lossShare;
  const whole = [
    'All together',
    '',
    formatBits(inBitsPerSecond),
    formatBits(outBitsPerSecond),
    formatShare(lost),
  ];
  const used = session.paths.filter(({ state }) => state !== 'excluded');
  return [
    paint('bold', heading(columns, width)),
    ...used.flatMap((path) => linkLines(path, columns, width, paint)),
    row(columns, whole, width),
    ...excludedLines(session.paths, width).map((line) => paint('dim', line)),
  ];
}

function linkLines(path: Path, columns: readonly Column[], width: number, paint: Paint): string[] {
  const { name, label, state, rates, lastSeconds } = path;
  const { lossShare, latenessMs } = path.windows['15m'];
  const figures = [
    formatBits(rates.inBitsPerSecond),
    formatBits(rates.outBitsPerSecond),
    formatShare(lossShare),
    formatMs(latenessMs?.median),
    formatLast(lastSeconds),
  ];
  const isShown = state !== 'down' || lastSeconds !== null;
  const cells = [
    plain(label === undefined ? name : `${label} (${name})`),
    state,
    ...(isShown ? figures : ['', '', '', '', 'never']),
  ];
  const line = row(columns, cells, width);
  const isOld = lastSeconds === null || lastSeconds >= OLD_SECONDS;
  const style = state === 'down' ? 'red' : state === 'suspect' || isOld ? 'yellow' : undefined;
  const reason = plain(path.reason);
  return [style === undefined ? line : paint(style, line), ...(reason === '' ? [] : indented(reason, width))];
}

/** Those left out for their kind are many and boring: a number is enough. */
function excludedLines(paths: readonly Path[], width: number): string[] {
  const excluded = paths.filter(({ state }) => state === 'excluded');
  const byChoice = excluded.filter(({ excludedBy }) => excludedBy !== 'default');
  const others = excluded.length - byChoice.length;
  const names = byChoice.map(
    (path) => `${labelOf(path)} (${path.excludedBy === 'file' ? 'by the file' : 'by hand'})`,
  );
  const rest = others === 0 ? [] : [`${others} ${names.length > 0 ? 'more ' : ''}for their kind`];
  if (excluded.length === 0) return [];
  return wrap(plain(`Not used: ${[...names, ...rest].join(', ')}`), width, INDENT);
}

function serverLines(
  overview: ServerOverview,
  list: SessionList | undefined,
  width: number,
  paint: Paint,
): string[] {
  const { rates, unconfirmedSessions: unconfirmed, sessions } = overview;
  const traffic = `In ${formatBits(rates.inBitsPerSecond)}, out ${formatBits(rates.outBitsPerSecond)}.`;
  const more =
    unconfirmed === 0 ? '' : ` ${count(unconfirmed, 'more is', 'more are')} not answered by WireGuard yet.`;
  const shown = list?.sessions ?? [];
  const columns = withName('Session', width, [
    { title: 'State', width: 10, align: 'left' },
    { title: 'Lost 1m', width: 8, align: 'right' },
    { title: 'In', width: 11, align: 'right' },
    { title: 'Out', width: 11, align: 'right' },
    { title: 'Last', width: 6, align: 'right' },
  ]);
  const hidden = (list?.total ?? sessions) - shown.length;
  return [
    ...wrap(traffic + more, width),
    ...(shown.length === 0 ? [] : ['', paint('bold', heading(columns, width))]),
    ...shown.flatMap((session) => sessionLines(session, columns, width, paint)),
    ...(hidden > 0
      ? wrap(`${count(hidden, 'other', 'others')}, less troubled`, width).map((line) => paint('dim', line))
      : []),
  ];
}

function sessionLines(
  session: SessionSummary,
  columns: readonly Column[],
  width: number,
  paint: Paint,
): string[] {
  const { state, lossShare, rates, lastSeconds, paths } = session;
  const [first] = paths;
  const others = paths.length > 1 ? ` +${paths.length - 1}` : '';
  const cells = [
    plain(first === undefined ? session.id : first.name + others),
    state === 'no-path' ? 'no link' : state,
    formatShare(lossShare),
    formatBits(rates.inBitsPerSecond),
    formatBits(rates.outBitsPerSecond),
    formatLast(lastSeconds),
  ];
  const line = row(columns, cells, width);
  const worst = worstLink(session);
  return [
    (lossShare ?? 0) > 0 ? paint('red', line) : worst === '' ? line : paint('yellow', line),
    ...(worst === '' ? [] : indented(plain(worst), width)),
  ];
}

/** A link that is silent or gone is worse than one that loses; empty when all are well. */
function worstLink({ paths }: SessionSummary): string {
  const ill = paths.find(({ state }) => state === 'suspect' || state === 'down');
  if (ill?.state === 'suspect' && ill.lastSeconds !== null) {
    return `${ill.name} silent for ${formatDuration(ill.lastSeconds)}`;
  }
  if (ill !== undefined) return `${ill.name} ${ill.state}`;
  const worst = paths.toSorted((one, other) => (other.lossShare ?? 0) - (one.lossShare ?? 0))[0];
  const share = worst?.lossShare ?? 0;
  return worst === undefined || share === 0 ? '' : `${worst.name} lost ${formatShare(share)}`;
}

/** The first column takes the space that the others leave. */
function withName(title: string, width: number, others: readonly Column[]): Column[] {
  const rest = others.reduce((sum, column) => sum + column.width + 1, 0);
  const nameWidth = Math.min(MAX_NAME_WIDTH, Math.max(MIN_NAME_WIDTH, width - rest));
  return [{ title, width: nameWidth, align: 'left' }, ...others];
}

function heading(columns: readonly Column[], width: number): string {
  const titles = columns.map(({ title }) => title);
  return row(columns, titles, width);
}

function indented(text: string, width: number): string[] {
  return wrap(text, width - INDENT.length).map((line) => INDENT + line);
}
