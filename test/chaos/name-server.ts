/**
 * A name server with one name, a process of its own: on 127.0.0.1:53 of the client's namespace. Its mood can be
 * changed by a word on standard input: `answer`, `silent`, `failing` (SERVFAIL), `denying` (NXDOMAIN).
 * Usage: node --import tsx test/chaos/name-server.ts ADDRESS
 * Source: RFC 1035, section 4.1.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const typeA = 1;
const codes: Record<string, number> = { answer: 0, failing: 2, denying: 3 };
const isResponse = 0x8000;
const recursion = 0x0180;

const address = process.argv[2]!.split('.').map(Number);
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
  const hasAddress = mood === 'answer' && query.readUInt16BE(at + 1) === typeA;
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(isResponse | recursion | codes[mood]!, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(hasAddress ? 1 : 0, 6);
  // The name by pointer to the question, type A, class IN, 5 s to live, four bytes.
  const record = [0xc0, 12, 0, typeA, 0, 1, 0, 0, 0, 5, 0, 4, ...address];
  return Buffer.concat([header, question, Buffer.from(hasAddress ? record : [])]);
}
