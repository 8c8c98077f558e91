/** OpenTelemetry's environment variables, as somebody else's unit file or shell has them. */
import assert from 'node:assert/strict';
import { pushSettings } from '../../../src/metrics/push-settings.ts';
import { Input } from '../input.ts';
import type { Target } from '../target.ts';

const NAMES = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT',
  'OTEL_EXPORTER_OTLP_PROTOCOL',
  'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OTEL_METRIC_EXPORT_TIMEOUT',
  'OTEL_METRICS_EXPORTER',
  'OTEL_SDK_DISABLED',
];
const LONGEST_MS = 2 ** 31 - 1;

export const target: Target = {
  what: "OpenTelemetry's environment variables",
  run(bytes) {
    const input = new Input(bytes);
    const environment: NodeJS.ProcessEnv = {};
    while (input.left > 0) environment[input.pick(NAMES)] = input.text();
    const settings = pushSettings(environment);
    if (settings === undefined) return;
    if (typeof settings === 'string') {
      assert(/^Cannot push metrics with OTEL_\w+="/.test(settings), settings);
      return;
    }
    const { endpoint, intervalMs, timeoutMs } = settings;
    assert(/^https?:$/.test(new URL(endpoint).protocol));
    for (const ms of [intervalMs, timeoutMs]) assert(Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_MS);
    assert(timeoutMs <= intervalMs);
  },
  seeds: () => [
    '\0\x0ehttp://c:4318/\x04\x0560000',
    '\x01\x0fhttps://[::1]:9\x02\rhttp/protobuf\x06\x04otlp\x05\x041000',
    '\0\x05abc:x',
    '\0\x08http://a\x07\x04TRUE',
  ],
  words: ['http://', 'https://', 'otlp,none', '1e3', '0x10', ' ', 'grpc', 'http/json'],
  maxBytes: 512,
};
