/**
 * Figures as people read them, of stable width where the caller pads them.
 */

/** 12345 as "12,345". */
export function formatCount(count: number): string {
  return count.toLocaleString('en-GB');
}

/** 0.0123 as "1.2 %"; what is not nothing never reads as nothing. "–" for null. */
export function formatShare(share: number | null): string {
  if (share === null) return '–';
  if (share > 0 && share < 0.0005) return '<0.1 %';
  return `${(share * 100).toFixed(1)} %`;
}

/** Milliseconds: "5.3 ms", from 100 "283 ms". "–" for null. */
export function formatMs(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 99.95 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
