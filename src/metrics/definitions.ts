/** Every metric there is, in the order in which they are told and documented. */
import type { Definition } from './definition.ts';
import { pathMetrics } from './path-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { relayMetrics } from './relay-metrics.ts';

export const definitions: readonly Definition[] = [...relayMetrics, ...pathMetrics, ...processMetrics];

const UNIT_WORDS: Readonly<Record<string, string>> = { By: 'bytes', s: 'seconds' };

/**
 * A metric's name in Prometheus, as OpenTelemetry's specification translates it ("Prometheus and OpenMetrics
 * Compatibility"), so that what is scraped here and what comes by OTLP through a collector have one name.
 */
export function prometheusName({ name, unit, kind }: Definition): string {
  const word = UNIT_WORDS[unit];
  const parts = [name.replaceAll('.', '_'), word, kind === 'counter' ? 'total' : undefined];
  return parts.filter((part) => part !== undefined).join('_');
}
