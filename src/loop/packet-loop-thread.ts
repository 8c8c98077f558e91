/**
 * The packet loop's thread: puts the relay core and a socket engine together and runs them, and carries out
 * what the control thread asks. Nothing else runs here.
 */
import { once } from 'node:events';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Counters, readAddressWords } from '../net/index.ts';
import { Relay } from '../relay/index.ts';
import { mac1KeyOf } from '../wireguard/index.ts';
import { prepareEngine } from './engines.ts';
import type { LoopMessage, LoopPreparation, LoopRequest, LoopStart } from './protocol.ts';

const { engine: wish, stopFlag } = workerData as LoopPreparation;
const control = parentPort as MessagePort;
const started = once(control, 'message');
const makeEngine = await prepareEngine(wish);
const [{ settings, counters: shared, loops }] = (await started) as [LoopStart];
const counters = new Counters(settings.shape, shared, loops?.number);
const isToStop = new Int32Array(stopFlag);
const say = (message: LoopMessage) => control.postMessage(message);

const relay = new Relay({ counters, ...settings });
const { engine, wakeFd, neighbours, fallback } = makeEngine({
  core: relay,
  counters,
  lowLatency: settings.lowLatency,
  loops,
  onNotice: (notice) => say({ is: 'notice', notice }),
  onWake: readRequests,
});
if (settings.admission !== undefined) {
  relay.serve({
    outlets: engine,
    limits: settings.admission,
    ...(loops !== undefined && neighbours !== undefined && { loops: { ...loops, neighbours } }),
    ...(settings.wireguardPublicKey !== undefined && { mac1Key: mac1KeyOf(settings.wireguardPublicKey) }),
    onPathOpened: (path, session, slot, words) => {
      say({ is: 'path-learned', path, session, slot, address: readAddressWords(words, 0) });
    },
    onPathClosed: (path, session) => say({ is: 'path-forgotten', path, session }),
    onSessionConfirmed: (session) => say({ is: 'session-confirmed', session }),
    onSessionClosed: (session) => say({ is: 'session-closed', session }),
  });
}

if (wakeFd === undefined) control.on('message', carryOut);
say({
  is: 'ready',
  engine: engine.name,
  ...(wakeFd !== undefined && { wakeFd }),
  ...(fallback !== undefined && { fallback }),
});
await engine.run();
control.close();

/** An engine that waits inside the kernel never returns to the event loop; it fetches its messages here. */
function readRequests(): void {
  if (Atomics.load(isToStop, 0) !== 0) engine.stop();
  for (let next = receiveMessageOnPort(control); next; next = receiveMessageOnPort(control)) {
    carryOut(next.message as LoopRequest);
  }
}

function carryOut(request: LoopRequest): void {
  switch (request.do) {
    case 'listen':
      engine.listen(request.side, request.address, (result) => say({ is: 'answer', id: request.id, result }));
      break;
    case 'open-path':
      openPath(request);
      break;
    case 'close-path':
      relay.closePath(request.path);
      engine.closePath(request.path);
      break;
    case 'set-upstream':
      engine.setUpstream(request.address);
      break;
    case 'retry':
      engine.retry();
      break;
    case 'stop':
      engine.stop();
      break;
  }
}

function openPath({ id, path, slot, spec }: LoopRequest & { do: 'open-path' }): void {
  engine.openPath(path, spec, (result) => {
    if (!('code' in result)) relay.openPath(path, slot);
    say({ is: 'answer', id, result });
  });
}
