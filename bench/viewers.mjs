/**
 * Many open pages, a process of its own: reads as many event streams as asked for, until its input ends.
 * Prints "open" when every stream has brought its first event, then { events } at the end.
 * Usage: node bench/viewers.mjs URL COUNT
 */
import { Agent, get } from 'node:http';

const [url, count] = [process.argv[2], Number(process.argv[3])];
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY });
let events = 0;
let waiting = count;
for (let i = 0; i < count; i++) {
  get(url, { agent }, (response) => {
    if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
    let isFirst = true;
    response.on('data', (chunk) => {
      events += chunk.toString('latin1').split('event: ').length - 1;
      if (isFirst && --waiting === 0) console.log('open');
      isFirst = false;
    });
  });
}
process.stdin.resume().once('end', () => {
  console.log(JSON.stringify({ events }));
  process.exit(0);
});
