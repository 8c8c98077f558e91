/** A snapshot as Prometheus reads it (text exposition format 0.0.4). */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { MetricsSnapshot } from '../contract/index.ts';
import { definitions, prometheusName } from './definitions.ts';
import { resourceOf, scopeMetricsOf } from './resource-metrics.ts';

/** The scope would be two labels on every line that say "rengarde". */
const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

export function textOf(snapshot: MetricsSnapshot): string {
  // The unit is in the name already.
  const naming = (definition: (typeof definitions)[number]) => ({
    name: prometheusName(definition),
    unit: '',
  });
  const resource = resourceOf(snapshot);
  return serializer.serialize({ resource, scopeMetrics: [scopeMetricsOf(snapshot, definitions, naming)] });
}
