/** Whether to push metrics and where, by the standard environment variables of OpenTelemetry's SDKs. */

/** How metrics are written: `http/protobuf` is what OpenTelemetry's specification has by default. */
export type PushProtocol = (typeof PROTOCOLS)[number];

export interface PushSettings {
  readonly protocol: PushProtocol;
  /** For the log; the exporter reads it, the headers and the rest from the environment itself. */
  readonly endpoint: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

const PROTOCOLS = ['http/protobuf', 'http/json'] as const;
const LONGEST_MS = 2 ** 31 - 1; // a longer delay fires at once in Node

/** Undefined: nobody wants it. A text: it is wanted and cannot be done, for this reason. */
export function pushSettings(environment: NodeJS.ProcessEnv): PushSettings | string | undefined {
  const get = (name: string) => environment[name]?.trim() || undefined;
  /** A variable for metrics alone goes before that for everything. */
  const otlp = (name: string): [string, string] | undefined => {
    const found = [`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`].find(get);
    return found === undefined ? undefined : [found, get(found)!];
  };
  const endpoint = otlp('ENDPOINT');
  if (endpoint === undefined) return undefined;
  if (get('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  if (!(get('OTEL_METRICS_EXPORTER') ?? 'otlp').split(',').includes('otlp')) return undefined;

  const [name, url] = endpoint;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return refusal(name, url, 'a URL such as http://collector.example:4318');
  }
  const [protocolName, written] = otlp('PROTOCOL') ?? ['', PROTOCOLS[0]];
  const protocol = PROTOCOLS.find((known) => known === written);
  if (protocol === undefined) {
    return refusal(protocolName, written, `${PROTOCOLS.join(' or ')}, on the port for HTTP, usually 4318`);
  }

  const intervalMs = milliseconds(get('OTEL_METRIC_EXPORT_INTERVAL'), 60_000);
  const timeoutMs = milliseconds(get('OTEL_METRIC_EXPORT_TIMEOUT'), 30_000);
  if (intervalMs === undefined || timeoutMs === undefined) {
    const wrong = intervalMs === undefined ? 'OTEL_METRIC_EXPORT_INTERVAL' : 'OTEL_METRIC_EXPORT_TIMEOUT';
    return refusal(wrong, get(wrong) ?? '', `a whole number of milliseconds from 1 to ${LONGEST_MS}`);
  }
  return { protocol, endpoint: url, intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs) };
}

function milliseconds(written: string | undefined, byDefault: number): number | undefined {
  if (written === undefined) return byDefault;
  const value = Number(written);
  return Number.isInteger(value) && value >= 1 && value <= LONGEST_MS ? value : undefined;
}

function refusal(name: string, found: string, wanted: string): string {
  return `Cannot push metrics with ${name}="${found}": want ${wanted}; the tunnel goes on without`;
}
