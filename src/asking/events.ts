/** Server-sent events out of a response, one after the other. Source: HTML standard, section 9.2.6. */
import type { IncomingMessage } from 'node:http';

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** More than any event. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

/** Ends with the response. Lines end with a line feed, as the manager sends them. Throws when an event has no end. */
export async function* eventsIn(response: IncomingMessage): AsyncGenerator<ServerEvent> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8')) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_EVENT_CHARS) throw new Error('its event does not end');
    for (const block of blocks) {
      const event = eventIn(block);
      if (event.data !== '') yield event;
    }
  }
}

function eventIn(block: string): ServerEvent {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === 'event') name = value ?? '';
    else if (field === 'data') data.push(value ?? '');
  }
  return { name, data: data.join('\n') };
}
