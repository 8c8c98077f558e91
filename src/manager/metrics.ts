/** `GET /metrics`: what Prometheus scrapes. What it says is src/metrics' business. */
import type { Handler } from 'hono';
import { prometheusText } from '../metrics/index.ts';
import type { Control } from './control.ts';

/** Text exposition format, version 0.0.4. */
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function metrics(control: Control): Handler {
  return async (context) => {
    const text = await prometheusText(await control.metrics());
    return context.body(text, 200, { 'Content-Type': CONTENT_TYPE });
  };
}
