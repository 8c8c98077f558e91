/** Rates and times as the server's pages write them. */
import type { Rates } from '../contract.ts';
import { formatBits, formatDuration } from '../units.ts';
import { serverTexts } from './texts.ts';

/** From here on a last packet is old. */
const OLD_SECONDS = 10;

interface WithRates {
  readonly rates: Rates;
}

interface WithLast {
  /** null: never. */
  readonly lastSeconds: number | null;
}

/** 4.31 Mbit/s in */
export function rateIn({ rates }: WithRates): string {
  return serverTexts.rateIn(formatBits(rates.inBitsPerSecond));
}

/** 970 kbit/s out */
export function rateOut({ rates }: WithRates): string {
  return serverTexts.rateOut(formatBits(rates.outBitsPerSecond));
}

/** 40 s ago */
export function lastPacket({ lastSeconds }: WithLast): string {
  return lastSeconds === null ? serverTexts.never : serverTexts.ago(formatDuration(lastSeconds));
}

/** So long ago that it wants attention. */
export function isOld({ lastSeconds }: WithLast): boolean {
  return lastSeconds === null || lastSeconds >= OLD_SECONDS;
}
