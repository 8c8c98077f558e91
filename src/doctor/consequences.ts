/**
 * Leaves out findings that only follow from another one: whoever reads this at night shall mend the cause, and the remedy
 * of a consequence would mislead, such as a public key to give to clients that is itself the mistake.
 */
import type { Finding } from './finding.ts';

/** By code: what it follows from, when that is said too. */
const CAUSES: Readonly<Record<string, readonly string[]>> = {
  'wireguard-unheard': ['wireguard-endpoint-server', 'no-wireguard'],
  'strangers-turned-away': ['public-key-server'],
  'wireguard-unanswered': ['public-key-server'],
};
/** The same, when both are about one interface: that one shall not be a link at all. */
const CAUSES_THERE: typeof CAUSES = {
  'no-route': ['wireguard-as-link'],
  'no-offload': ['wireguard-as-link'],
};

export function withoutConsequences(findings: readonly Finding[]): Finding[] {
  const causes = findings.filter(({ level }) => level === 'problem' || level === 'warning');
  return findings.filter(
    ({ code, about }) =>
      !causes.some(
        (cause) =>
          CAUSES[code]?.includes(cause.code) ||
          (CAUSES_THERE[code]?.includes(cause.code) && cause.about === about),
      ),
  );
}
