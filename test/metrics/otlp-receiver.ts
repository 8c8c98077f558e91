/**
 * A collector for tests: takes metrics by OTLP over HTTP, as protobuf (otlp.proto) or JSON by their Content-Type, and keeps
 * them. What is neither gets 400, as from a real one.
 */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';

const REQUEST = protobuf
  .loadSync(join(import.meta.dirname, 'otlp.proto'))
  .lookupType('ExportMetricsServiceRequest');

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
      buffer(request).then(
        (body) => this.#take(request, response, body),
        () => response.destroy(), // the sender has hung up
      );
    });
  }

  /** @param port 0: any that is free */
  static async start(port = 0): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    await once(receiver.#server.listen(port, '127.0.0.1'), 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #take({ url = '', headers }: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const received = decode(url, headers, body);
    const status = received === undefined ? 400 : this.status;
    if (received !== undefined && status === 200) this.received.push(received);
    response.writeHead(status, { 'Content-Type': headers['content-type'] ?? '' });
    response.end(headers['content-type'] === 'application/json' ? '{}' : undefined);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function decode(path: string, headers: IncomingHttpHeaders, body: Buffer): Received | undefined {
  const message = messageIn(headers['content-type'], body);
  if (message === undefined) return undefined;
  const [{ resource, scopeMetrics }] = message.resourceMetrics;
  const metrics = scopeMetrics.flatMap(({ metrics }) => metrics);
  return {
    path,
    headers,
    resource: attributesOf(resource.attributes),
    metrics: new Map(metrics.map((metric) => [metric.name, metric])),
  };
}

interface Message {
  readonly resourceMetrics: [
    { readonly resource: { attributes: Attribute[] }; readonly scopeMetrics: { metrics: Metric[] }[] },
  ];
}

/** Of both kinds the same shape: numbers of 64 bits are texts, as in JSON. */
function messageIn(contentType: string | undefined, body: Buffer): Message | undefined {
  try {
    if (contentType === 'application/json') return JSON.parse(body.toString()) as Message;
    if (contentType !== 'application/x-protobuf') return undefined;
    return REQUEST.toObject(REQUEST.decode(body), { longs: String, arrays: true }) as Message;
  } catch {
    return undefined; // the sender is told
  }
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
