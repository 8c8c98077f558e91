import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { numberOf, OtlpReceiver } from '../../test/metrics/otlp-receiver.ts';
import { clientSnapshot, makeLink } from '../../test/metrics/snapshot.ts';
import { type Push, pushSettings, startPush } from './index.ts';

const identity = { role: 'client', version: '0.1.0', listenPort: 59401 } as const;

describe('startPush()', () => {
  let receiver: OtlpReceiver;
  let push: Push | undefined;
  const logged: string[] = [];
  let snapshot = clientSnapshot();

  beforeEach(async () => {
    receiver = await OtlpReceiver.start();
    vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', '50');
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
    logged.length = 0;
    snapshot = clientSnapshot();
  });
  afterEach(async () => {
    await push?.stop();
    push = undefined;
    vi.unstubAllEnvs();
    receiver.close();
  });

  async function start(): Promise<void> {
    const settings = pushSettings(process.env);
    if (typeof settings !== 'object') throw new Error(`Cannot push: ${settings}`);
    const log = (level: string, message: string) => logged.push(`${level} ${message}`);
    push = await startPush({ settings, identity, ask: () => Promise.resolve(snapshot), log });
  }
  const pushed = async (count: number) => {
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(count);
    return receiver.received.at(-1)!;
  };

  test.each([
    ['protobuf when nothing is said', '', 'application/x-protobuf'],
    ['JSON when it is asked for', 'http/json', 'application/json'],
  ])(
    'pushes what Prometheus would be told, under OpenTelemetry’s names and units, as %s',
    async (_what, protocol, contentType) => {
      vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', protocol);
      await start();
      const { path, headers, resource, metrics } = await pushed(1);
      expect(path).toBe('/v1/metrics');
      expect(headers['content-type']).toBe(contentType);
      expect(resource).toMatchObject({ 'service.name': 'rengarde-client', 'service.version': '0.1.0' });
      expect(resource['service.instance.id']).toMatch(/:59401$/);
      const received = metrics.get('rengarde.path.received');
      expect(received).toMatchObject({ unit: 'By', sum: { isMonotonic: true, aggregationTemporality: 2 } });
      expect(received!.sum!.dataPoints[0]!.startTimeUnixNano).toBe('1793000000000000000');
      expect(numberOf(received, { path: 'wwan0' })).toBe(9000);
      expect(numberOf(metrics.get('rengarde.tunnel.lost_packets'))).toBe(2);
      const lateness = metrics.get('rengarde.path.lateness')!;
      expect(lateness).toMatchObject({
        unit: 's',
        histogram: { dataPoints: [{ explicitBounds: [0.001, 0.01] }, {}] },
      });
      expect(lateness.histogram!.dataPoints[0]!.bucketCounts.map(Number)).toEqual([60, 20, 10]);
    },
  );

  test('drops links that are gone', async () => {
    await start();
    expect((await pushed(1)).metrics.get('rengarde.path.up')!.gauge!.dataPoints).toHaveLength(2);
    snapshot = clientSnapshot([makeLink('eth0')]);
    await pushed(receiver.received.length + 2);
    expect(receiver.received.at(-1)!.metrics.get('rengarde.path.up')!.gauge!.dataPoints).toHaveLength(1);
  });

  test('heeds service name, resource attributes and headers of the environment', async () => {
    vi.stubEnv('OTEL_SERVICE_NAME', 'van');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=fleet,service.instance.id=van3');
    vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20secret');
    await start();
    const { resource, headers } = await pushed(1);
    expect(resource).toMatchObject({
      'service.name': 'van',
      'deployment.environment.name': 'fleet',
      'service.instance.id': 'van3',
    });
    expect(headers.authorization).toBe('Bearer secret');
  });

  test('says once that a collector refuses, and once that it takes them again', {
    timeout: 20_000,
  }, async () => {
    receiver.status = 400;
    await start();
    await expect.poll(() => logged.length, { timeout: 10_000 }).toBe(2);
    expect(logged[1]).toMatch(/^warn Cannot push metrics to http:.*; it is tried again every time$/);
    receiver.status = 200;
    await pushed(2);
    expect(logged.slice(2)).toEqual([`info metrics to ${receiver.url} are pushed again`]);
  });

  test('names the port for HTTP when the one for gRPC does not take them', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4317');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '100');
    await start();
    await expect.poll(() => logged.length, { timeout: 10_000 }).toBe(2);
    expect(logged[1]).toMatch(
      /^warn Cannot push .*4317 is usually the port for gRPC, 4318 the one for HTTP\)/,
    );
  });

  test('.stop() pushes a last time', async () => {
    vi.stubEnv('OTEL_METRIC_EXPORT_INTERVAL', '60000');
    await start();
    expect(receiver.received).toHaveLength(0);
    await push!.stop();
    push = undefined;
    expect(receiver.received).toHaveLength(1);
  });
});
