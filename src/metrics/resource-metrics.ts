/**
 * A snapshot in OpenTelemetry's data model. Built directly, not by the SDK's instruments: those would go on telling
 * of links that are gone, and they know no histogram that somebody else has counted. The specification has this
 * place for metrics that are kept elsewhere (Metrics SDK, "MetricProducer").
 */
import { hostname } from 'node:os';
import { ValueType } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { MetricsIdentity, MetricsSnapshot } from '../contract/index.ts';
import type { Definition, Point } from './definition.ts';

type HrTime = DataPoint<number>['startTime'];
/** How a metric is called in what is told. */
export type Naming = (definition: Definition) => { readonly name: string; readonly unit: string };

/** Who tells it; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word. */
export function resourceOf({ role, version, listenPort }: MetricsIdentity): Resource {
  const own = resourceFromAttributes({
    'service.name': `rengarde-${role}`,
    'service.version': version,
    'service.instance.id': `${hostname()}:${listenPort}`,
    'host.name': hostname(),
  });
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

/** All metrics that have something to tell. */
export function scopeMetricsOf(
  snapshot: MetricsSnapshot,
  definitions: readonly Definition[],
  naming: Naming,
): ScopeMetrics {
  return {
    scope: { name: 'rengarde', version: snapshot.version },
    metrics: definitions
      .map((definition) => metricOf(snapshot, definition, naming))
      .filter(({ dataPoints }) => dataPoints.length > 0),
  };
}

function metricOf(snapshot: MetricsSnapshot, definition: Definition, naming: Naming): MetricData {
  const { startedAtMs, atMs } = snapshot;
  const common = {
    descriptor: {
      ...naming(definition),
      description: definition.description,
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const dataPoint = <From, To>({ value, attributes }: Point<From>, of: (value: From) => To) => ({
    startTime: hrTime(startedAtMs),
    endTime: hrTime(atMs),
    attributes,
    value: of(value),
  });
  switch (definition.kind) {
    case 'counter': {
      const dataPoints = definition.read(snapshot).map((point) => dataPoint(point, same));
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
    }
    case 'gauge': {
      const dataPoints = definition.read(snapshot).map((point) => dataPoint(point, same));
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
    }
    case 'histogram': {
      const dataPoints = definition.read(snapshot).map((point) =>
        dataPoint(point, ({ bounds, counts }) => ({
          buckets: { boundaries: [...bounds], counts: [...counts] },
          count: counts.reduce((sum, count) => sum + count, 0),
        })),
      );
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
    }
  }
}

function same(value: number): number {
  return value;
}

function hrTime(unixMs: number): HrTime {
  return [Math.floor(unixMs / 1000), Math.round((unixMs % 1000) * 1e6)];
}
