/** Text that fits a terminal: columns of a table, sentences over several lines; wide characters take two. */

/** As UAX #11 has it for what occurs in names: East Asian scripts and pictures take two columns. */
const WIDE =
  /\p{Emoji_Presentation}|\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Hangul}|[\uff01-\uff60]/u;

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How a column of a table is set. */
export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
}

/** Columns of the terminal that a plain text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of letters.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The beginning of a plain text, at most so wide; with ".." when something is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let short = '';
  for (const { segment } of letters.segment(text)) {
    if (widthOf(short + segment) > width - 2) break;
    short += segment;
  }
  return `${short}..`.slice(0, width);
}

/** One line of a table; cells are plain, and cut to their column. Nothing is wider than the terminal. */
export function row(columns: readonly Column[], cells: readonly string[], maxWidth: number): string {
  const line = columns
    .map(({ width, align }, index) => {
      const text = cut(cells[index] ?? '', width);
      const space = ' '.repeat(width - widthOf(text));
      return align === 'left' ? text + space : space + text;
    })
    .join(' ')
    .trimEnd();
  return cut(line, maxWidth);
}

/** A plain text over as many lines as it needs, all but the first indented. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || widthOf(longer) <= width) line = longer;
    else {
      lines.push(cut(line, width));
      line = `${indent}${word}`;
    }
  }
  return [...lines, cut(line, width)];
}
