/** What takes everything: a default route in a tunnel's AllowedIPs, whole or in two halves. */

const EVERYTHING = new Set(['0.0.0.0/0', '::/0']);
const HALVES = [
  ['0.0.0.0/1', '128.0.0.0/1'],
  ['::/1', '8000::/1'],
];

export function coversEverything(allowedIps: readonly string[]): boolean {
  if (allowedIps.some((one) => EVERYTHING.has(one))) return true;
  return HALVES.some((halves) => halves.every((half) => allowedIps.includes(half)));
}
