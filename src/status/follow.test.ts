import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listeningManager, type RunningManager } from '../../test/manager/running-manager.ts';
import { Asker } from '../asking/index.ts';
import { follow } from './follow.ts';
import type { Known } from './view.ts';

const WAIT = { timeout: 15_000, interval: 20 };

let ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
});

function start({ url, control }: RunningManager) {
  const asker = new Asker({ url: new URL(url()), username: '', password: '' }, false);
  const stop = new AbortController();
  const heard: Known[] = [];
  const lost: string[] = [];
  const listener = {
    sessions: 3,
    onNews: (known: Known) => heard.push(known),
    onLost: (why: string) => lost.push(why),
  };
  const done = follow(asker, listener, stop.signal);
  ends.unshift(async () => {
    stop.abort();
    await done;
    asker.close();
  });
  return { heard, lost, stop, done, control };
}

describe('follow()', () => {
  it('tells what it hears, as it happens', async () => {
    const running = await listeningManager();
    ends.push(() => running.manager.stop());
    const { heard } = start(running);
    await vi.waitUntil(() => heard.length > 0, WAIT);
    running.control.description = 'another';
    await vi.waitUntil(() => heard.at(-1)?.overview.instance.description === 'another', WAIT);
  });

  it('asks a server for its sessions too', async () => {
    const running = await listeningManager({ role: 'server' });
    ends.push(() => running.manager.stop());
    const { heard } = start(running);
    await vi.waitUntil(() => heard.length > 0, WAIT);
    expect(heard[0]?.list).toEqual({ total: 0, sessions: [] });
  });

  it('says that the connection is lost, and goes on when it is back', async () => {
    const running = await listeningManager();
    const { heard, lost } = start(running);
    await vi.waitUntil(() => heard.length > 0, WAIT);
    const port = Number(new URL(running.url()).port);
    await running.manager.stop();
    await vi.waitUntil(() => lost.some((why) => why.includes('nobody listens there')), WAIT);
    const before = heard.length;
    const again = await listeningManager({ settings: { port } });
    ends.push(() => again.manager.stop());
    await vi.waitUntil(() => heard.length > before, WAIT);
  }, 40_000);

  it('takes silence for a lost connection', async () => {
    const running = await listeningManager();
    ends.push(() => running.manager.stop());
    const { heard, lost, control } = start(running);
    await vi.waitUntil(() => heard.length > 0, WAIT);
    control.fault = new Error('not now');
    await vi.waitUntil(() => lost.length > 0, WAIT);
    expect(lost[0]).toBe('Nothing heard for 5 s');
    control.fault = undefined;
    const before = heard.length;
    await vi.waitUntil(() => heard.length > before, WAIT);
  }, 40_000);

  it('ends at once when told to, also between attempts', async () => {
    const running = await listeningManager();
    const { heard, lost, stop, done } = start(running);
    await vi.waitUntil(() => heard.length > 0, WAIT);
    await running.manager.stop();
    await vi.waitUntil(() => lost.length > 2, WAIT);
    stop.abort();
    expect(await Promise.race([done.then(() => 'ended'), sleep(400, 'hangs')])).toBe('ended');
  });
});
