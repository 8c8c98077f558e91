/**
 * Pushes metrics by OTLP over HTTP at an interval. Where to, headers, certificates, compression: the exporter reads the
 * standard environment variables itself.
 */
import { DiagLogLevel, diag } from '@opentelemetry/api';
import {
  MeterProvider,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { MetricsIdentity, MetricsSnapshot } from '../contract/index.ts';
import { definitions } from './definitions.ts';
import type { PushProtocol, PushSettings } from './push-settings.ts';
import { resourceOf, scopeMetricsOf } from './resource-metrics.ts';

/** What pushing needs of its surroundings. */
export interface PushParts {
  readonly settings: PushSettings;
  readonly identity: MetricsIdentity;
  readonly ask: () => Promise<MetricsSnapshot>;
  readonly log: (level: 'info' | 'warn', message: string) => void;
}

/** Pushing goes on until `stop()`, which pushes a last time. */
export interface Push {
  stop(): Promise<void>;
}

export async function pushing({ settings, identity, ask, log }: PushParts): Promise<Push> {
  const { protocol, endpoint, intervalMs, timeoutMs } = settings;
  const resource = resourceOf(identity);
  const producer: MetricProducer = {
    async collect() {
      const scopeMetrics = [scopeMetricsOf(await ask(), definitions, ({ name, unit }) => ({ name, unit }))];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
    },
  };
  const reader = new PeriodicExportingMetricReader({
    exporter: new TalkingExporter(await exporter(protocol, log), endpoint, log),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: timeoutMs,
    metricProducers: [producer],
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  log('info', `metrics are pushed to ${endpoint} every ${intervalMs / 1000} s (${protocol})`);
  return { stop: () => provider.shutdown() };
}

const exporterPackages = {
  'http/protobuf': () => import('@opentelemetry/exporter-metrics-otlp-proto'),
  'http/json': () => import('@opentelemetry/exporter-metrics-otlp-http'),
};

/** What it does not like in the environment it only says to OpenTelemetry's own log. */
async function exporter(protocol: PushProtocol, log: PushParts['log']): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } = await exporterPackages[protocol]();
  const warn = (message: string) => log('warn', `OpenTelemetry: ${message}`);
  const logger = { error: warn, warn, info() {}, debug() {}, verbose() {} };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const made = new OTLPMetricExporter();
  diag.disable();
  return made;
}

/** Says once that pushing fails, and once that it works again: a collector may be away for days. */
class TalkingExporter implements PushMetricExporter {
  readonly #exporter: PushMetricExporter;
  readonly #endpoint: string;
  readonly #log: PushParts['log'];
  #isFailing = false;

  constructor(wrapped: PushMetricExporter, endpoint: string, log: PushParts['log']) {
    this.#exporter = wrapped;
    this.#endpoint = endpoint;
    this.#log = log;
  }

  export(metrics: ResourceMetrics, done: Parameters<PushMetricExporter['export']>[1]): void {
    this.#exporter.export(metrics, (result) => {
      this.#say(result.code === 0 ? undefined : (result.error?.message ?? 'no reason given'));
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #say(fault: string | undefined): void {
    const isFailing = fault !== undefined;
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    const where = `metrics to ${this.#endpoint}`;
    if (isFailing)
      this.#log(
        'warn',
        `Cannot push ${where}: ${fault}${hintOn(this.#endpoint)}; it is tried again every time`,
      );
    else this.#log('info', `${where} are pushed again`);
  }
}

/** Collectors have two ports, and many an example names the one that answers HTTP with nothing that can be read. */
function hintOn(endpoint: string): string {
  return new URL(endpoint).port === '4317'
    ? ' (4317 is usually the port for gRPC, 4318 the one for HTTP)'
    : '';
}
