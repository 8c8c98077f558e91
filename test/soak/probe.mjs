/**
 * Loaded into every thread of a program under soak (NODE_OPTIONS=--import): writes once a second how many timers,
 * sockets and other resources of Node are alive there, those that do not keep the program running included, which
 * process.getActiveResourcesInfo() leaves out. The packet loop never returns to its event loop, so nothing comes from
 * there: its sockets show as descriptors.
 * The heap is measured after a collection, asked for twice a minute: what is left then is held, not garbage.
 * Writes to the file that SOAK_PROBE names, with the thread's number added: { live: { type: count }, heapMib, buffersMib }.
 */
import { createHook } from 'node:async_hooks';
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';

const EVERY_MS = 1_000;
const COLLECT_EVERY_MS = 30_000;
/** They live until garbage is collected, so their number says nothing. Files that are open show as descriptors. */
const NOT_RESOURCES = new Set(['PROMISE', 'TickObject', 'Microtask', 'Immediate', 'FILEHANDLE']);

const types = new Map();
const live = new Map();
createHook({
  init(id, type) {
    if (NOT_RESOURCES.has(type)) return;
    types.set(id, type);
    live.set(type, (live.get(type) ?? 0) + 1);
  },
  destroy(id) {
    const type = types.get(id);
    if (type === undefined) return;
    types.delete(id);
    live.set(type, live.get(type) - 1);
  },
}).enable();

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
const file = `${process.env.SOAK_PROBE}.${threadId}`;
let collectedMs = Number.NEGATIVE_INFINITY;
let heapMib = 0;
let buffersMib = 0;
setInterval(() => {
  if (performance.now() - collectedMs >= COLLECT_EVERY_MS) {
    collect();
    collectedMs = performance.now();
    const { heapUsed, external } = process.memoryUsage();
    heapMib = heapUsed / 2 ** 20;
    buffersMib = external / 2 ** 20;
  }
  writeFileSync(`${file}.new`, JSON.stringify({ live: Object.fromEntries(live), heapMib, buffersMib }));
  renameSync(`${file}.new`, file);
}, EVERY_MS).unref();
