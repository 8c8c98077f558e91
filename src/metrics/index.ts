/**
 * Metrics for Prometheus and OpenTelemetry. OpenTelemetry's packages take megabytes, which is much on a small router, so they
 * are loaded when somebody wants metrics and not before: nothing else may import the files that need them.
 */
import type { MetricsSnapshot } from '../contract/index.ts';
import type { Push, PushParts } from './otlp-push.ts';

export type { Push } from './otlp-push.ts';
export { type PushSettings, pushSettings } from './push-settings.ts';

/** The snapshot as the answer to `GET /metrics`. */
export async function prometheusText(snapshot: MetricsSnapshot): Promise<string> {
  const { textOf } = await import('./prometheus-text.ts');
  return textOf(snapshot);
}

/** Pushes by OTLP from now on. */
export async function startPush(parts: PushParts): Promise<Push> {
  const { pushing } = await import('./otlp-push.ts');
  return pushing(parts);
}
