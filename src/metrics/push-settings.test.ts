import { describe, expect, test } from 'vitest';
import { pushSettings } from './push-settings.ts';

const url = 'http://collector.example:4318';

describe('pushSettings()', () => {
  test.each([
    ['the one for everything', { OTEL_EXPORTER_OTLP_ENDPOINT: url }],
    ['the one for metrics', { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: url, OTEL_EXPORTER_OTLP_ENDPOINT: 'x' }],
  ])('pushes every minute with %s', (_what, environment) => {
    expect(pushSettings(environment)).toEqual({
      protocol: 'http/protobuf',
      endpoint: url,
      intervalMs: 60_000,
      timeoutMs: 30_000,
    });
  });

  test.each([
    ['http/protobuf', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }],
    ['http/json', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
    ['http/json', { OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }],
  ])('writes %s for %o', (protocol, environment) => {
    expect(pushSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: url, ...environment })).toMatchObject({ protocol });
  });

  test.each([
    ['without an endpoint', {}],
    ['with an empty one', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
    ['when the SDK is off', { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_SDK_DISABLED: 'TRUE' }],
    ['with another exporter', { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_METRICS_EXPORTER: 'none' }],
  ])('does not push %s', (_what, environment) => {
    expect(pushSettings(environment)).toBeUndefined();
  });

  test('takes interval and timeout, the timeout no longer than the interval', () => {
    const interval = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_METRIC_EXPORT_INTERVAL: '500' };
    expect(pushSettings(interval)).toMatchObject({ intervalMs: 500, timeoutMs: 500 });
    const both = { ...interval, OTEL_METRIC_EXPORT_TIMEOUT: '200' };
    expect(pushSettings(both)).toMatchObject({ intervalMs: 500, timeoutMs: 200 });
  });

  test.each([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318": want a URL such as http://collector.example:4318',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL="grpc": want http/protobuf or http/json, on the port for HTTP, usually 4318',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'json' },
      'OTEL_EXPORTER_OTLP_PROTOCOL="json": want http/protobuf or http/json, on the port for HTTP, usually 4318',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_METRIC_EXPORT_INTERVAL: '1m' },
      'OTEL_METRIC_EXPORT_INTERVAL="1m": want a whole number of milliseconds from 1 to 2147483647',
    ],
  ])('says what is wrong with %o', (environment, wanted) => {
    expect(pushSettings(environment)).toBe(`Cannot push metrics with ${wanted}; the tunnel goes on without`);
  });
});
