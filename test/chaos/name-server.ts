/**
 * A name server with one name, which has an address of one family, a process of its own: on 127.0.0.1:53 of the client's namespace. Its mood can be
 * changed by a word on standard input: `answer`, `silent`, `failing` (SERVFAIL), `denying` (NXDOMAIN).
 * Usage: node --import tsx test/chaos/name-server.ts ADDRESS
 * Source: RFC 1035, section 4.1.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const typeA = 1;
const typeAaaa = 28;
const codes: Record<string, number> = { answer: 0, failing: 2, denying: 3 };
const isResponse = 0x8000;
const recursion = 0x0180;

const address = bytesOf(process.argv[2]!);
const type = address.length === 4 ? typeA : typeAaaa;
let mood = 'answer';

const socket = createSocket('udp4');
socket.on('message', (query, { address: asker, port }) => {
  if (mood === 'silent') return;
  socket.send(answerTo(query), port, asker);
});
socket.bind(53, '127.0.0.1', () => console.log('ready'));
createInterface({ input: process.stdin })
  .on('line', (line) => {
    mood = line;
  })
  .on('close', () => process.exit());

function answerTo(query: Buffer): Buffer {
  let at = 12;
  while (query[at]! > 0) at += 1 + query[at]!;
  const question = query.subarray(12, at + 5);
  const hasAddress = mood === 'answer' && query.readUInt16BE(at + 1) === type;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(isResponse | recursion | codes[mood]!, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAddress ? 1 : 0, 6);
  // The name by pointer to the question, its type, class IN, 5 s to live, its bytes.
  const record = [0xc0, 12, 0, type, 0, 1, 0, 0, 0, 5, 0, address.length, ...address];
  return Buffer.concat([header, question, Buffer.from(hasAddress ? record : [])]);
}

/** IPv6 with one `::` in it, as this lab writes its addresses. */
function bytesOf(text: string): number[] {
  if (!text.includes(':')) return text.split('.').map(Number);
  const [front, back] = text.split('::').map((half) => half.split(':').filter((word) => word !== ''));
  const zeros = Array<string>(8 - front!.length - back!.length).fill('0');
  return [...front!, ...zeros, ...back!].flatMap((word) => {
    const value = Number.parseInt(word, 16);
    return [value >> 8, value & 255];
  });
}
