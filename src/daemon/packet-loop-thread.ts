/**
 * The packet loop's thread: puts the relay core and a socket engine together and runs them, and carries out
 * what the control thread asks. Nothing else runs here.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Counters } from '../net/index.ts';
import { LearnedPaths, ONLY_SESSION, Relay } from '../relay/index.ts';
import { chooseEngine } from './choose-engine.ts';
import type { LoopMessage, LoopRequest, LoopStart } from './loop-protocol.ts';

const { settings, counters: shared, stopFlag } = workerData as LoopStart;
const control = parentPort as MessagePort;
const counters = new Counters(shared);
const isToStop = new Int32Array(stopFlag);
let hasUpstream = false;
const say = (message: LoopMessage) => control.postMessage(message);

const relay = new Relay({ counters, ...settings });
const { engine, wakeFd, fallback } = await chooseEngine(settings.engine, {
  core: relay,
  counters,
  onNotice: (notice) => say({ is: 'notice', notice }),
  onWake: readRequests,
});
if (settings.learnPathsForMs !== undefined) {
  relay.learnFrom(
    new LearnedPaths({
      counters,
      maxPaths: settings.maxPaths,
      timeoutMs: settings.learnPathsForMs,
      relay,
      outlets: engine,
      onLearned: (path, address) => say({ is: 'path-learned', path, address }),
      onForgotten: (path) => say({ is: 'path-forgotten', path }),
    }),
  );
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
      setUpstream(request.address);
      break;
    case 'retry':
      engine.retry();
      break;
    case 'stop':
      engine.stop();
      break;
  }
}

function openPath({ id, path, spec }: LoopRequest & { do: 'open-path' }): void {
  counters.clearPath(path);
  engine.openPath(path, spec, (result) => {
    if (!('code' in result)) relay.openPath(path);
    say({ is: 'answer', id, result });
  });
}

function setUpstream(address: Parameters<typeof engine.setUpstream>[0]): void {
  engine.setUpstream(address);
  if (!hasUpstream) hasUpstream = engine.openUpstream(ONLY_SESSION);
}
