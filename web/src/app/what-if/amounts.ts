/** Amounts as they stand in a sentence: round ones in words, small shares in enough digits to be told apart. */
import { formatCount } from '../units.ts';

const inWords = new Intl.NumberFormat('en', {
  notation: 'compact',
  compactDisplay: 'long',
  maximumFractionDigits: 1,
});
const twoDigits = new Intl.NumberFormat('en', { minimumSignificantDigits: 2, maximumSignificantDigits: 2 });

/** From here on a count is rounded: 1.2 million. */
const ROUND_FROM = 1e6;

/** Below this share of a percent only "less than" is honest. */
const LEAST_PERCENT = 0.00001;

/** 12, 4,310 or 1.2 million */
export function formatAmount(count: number): string {
  return count < ROUND_FROM ? formatCount(count) : inWords.format(count);
}

/** 0 %, 0.0010 %, 3.4 %; number and sign are never on two lines. */
export function formatFineShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return '0\u00a0%';
  if (percent === 100) return '100\u00a0%';
  if (percent < LEAST_PERCENT) return `<${LEAST_PERCENT}\u00a0%`;
  if (percent > 99) return `${Math.floor(percent * 10) / 10}\u00a0%`;
  return `${twoDigits.format(percent)}\u00a0%`;
}
