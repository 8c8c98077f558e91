/** A collector for tests: takes metrics by OTLP over HTTP as JSON (opentelemetry-proto, metrics.proto) and keeps them. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface NumberPoint {
  readonly attributes: Attribute[];
  readonly asDouble?: number;
  readonly asInt?: number | string;
  readonly startTimeUnixNano: string;
}

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { isMonotonic: boolean; aggregationTemporality: number; dataPoints: NumberPoint[] };
  readonly gauge?: { dataPoints: NumberPoint[] };
  readonly histogram?: { dataPoints: { bucketCounts: (number | string)[]; explicitBounds: number[] }[] };
}

/** One push. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly resource: Record<string, string>;
  readonly metrics: Map<string, Metric>;
}

export class OtlpReceiver {
  readonly received: Received[] = [];
  /** What it answers from now on. */
  status = 200;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        if (this.status === 200) this.received.push(decode(request.url ?? '', request.headers, body));
        response.writeHead(this.status, { 'Content-Type': 'application/json' }).end('{}');
      });
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function decode(path: string, headers: IncomingHttpHeaders, body: string): Received {
  const { resourceMetrics } = JSON.parse(body);
  const [{ resource, scopeMetrics }] = resourceMetrics;
  const metrics = (scopeMetrics as { metrics: Metric[] }[]).flatMap(({ metrics }) => metrics);
  return {
    path,
    headers,
    resource: attributesOf(resource.attributes),
    metrics: new Map(metrics.map((metric) => [metric.name, metric])),
  };
}

function attributesOf(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? '']));
}

/** The number of a metric's point, the one with these attributes. */
export function numberOf(
  metric: Metric | undefined,
  wanted: Record<string, string> = {},
): number | undefined {
  const points = metric?.sum?.dataPoints ?? metric?.gauge?.dataPoints ?? [];
  const found = points.find(({ attributes }) => {
    const has = attributesOf(attributes);
    return Object.entries(wanted).every(([key, value]) => has[key] === value);
  });
  return found === undefined ? undefined : Number(found.asDouble ?? found.asInt);
}
