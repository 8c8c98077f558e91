import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { FakeControl } from '../../test/manager/fake-control.ts';
import { ask, SETTINGS } from '../../test/manager/running-manager.ts';
import { numberOf, OtlpReceiver } from '../../test/metrics/otlp-receiver.ts';
import type { FromManager, ManagerStart, Question, ToManager } from './protocol.ts';

/** Runs the thread from source, so that the test needs no build. */
const ENTRY = new URL('manager-thread.ts', import.meta.url).href;
const FROM_SOURCE = `import('tsx/esm/api').then(({ register }) => { register(); return import("${ENTRY}"); });`;

/** The thread as control sees it, answered by a fake program. */
class Thread {
  readonly control = new FakeControl('client');
  readonly worker: Worker;
  readonly heard: FromManager[] = [];
  isMute = false;

  constructor(start: Partial<ManagerStart> = {}) {
    this.worker = new Worker(FROM_SOURCE, {
      eval: true,
      execArgv: [],
      workerData: {
        role: 'client',
        version: '0.1.0',
        listenPort: 59401,
        settings: SETTINGS,
        ...start,
      } satisfies ManagerStart,
    });
    this.worker.on('message', (message: FromManager) => {
      this.heard.push(message);
      if (message.is === 'ask' && !this.isMute) void this.#answer(message.id, message.question);
    });
  }

  tell(message: ToManager): void {
    this.worker.postMessage(message);
  }

  async hear<Is extends FromManager['is']>(is: Is): Promise<Extract<FromManager, { is: Is }>> {
    for (;;) {
      const found = this.heard.find((message) => message.is === is);
      if (found !== undefined) return found as Extract<FromManager, { is: Is }>;
      await new Promise((resolve, reject) => {
        this.worker.once('message', resolve).once('exit', () => reject(new Error(`ended before "${is}"`)));
      });
    }
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.tell({ is: 'stop' });
    await this.hear('stopped');
    await exited;
  }

  async #answer(id: number, question: Question): Promise<void> {
    try {
      this.tell({ is: 'answer', id, answer: await this.#answerOf(question) });
    } catch (error) {
      this.tell({ is: 'no-answer', id, message: String(error) });
    }
  }

  #answerOf(question: Question) {
    switch (question.what) {
      case 'overview':
        return this.control.overview();
      case 'sessions':
        return this.control.sessions(question.query);
      case 'session':
        return this.control.session(question.id);
      case 'addresses':
        return this.control.addresses();
      case 'metrics':
        return this.control.metrics();
      case 'action':
        return this.control.act(question.action);
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'rengarde-past-'));
const historyFile = join(folder, 'history.json.gz');
let thread: Thread;

afterEach(() => thread.worker.terminate());
afterAll(() => rmSync(folder, { recursive: true }));

describe('the manager’s thread', () => {
  test('asks control for what it is asked, and says where it listens', { timeout: 20_000 }, async () => {
    thread = new Thread();
    const { url, address } = await thread.hear('listening');
    expect(url).toBe(`http://${address}/`);
    const list = JSON.parse((await ask(url, '/api/v1/get-list')).text);
    expect(list.interfaces).toHaveLength(4);
    expect((await ask(url, '/api/v2/sessions?limit=1')).status).toBe(200);
    expect((await ask(url, '/api/v2/sessions/none')).status).toBe(404);
    expect((await ask(url, '/api/v2/paths/eth0/exclude', { method: 'POST' })).status).toBe(200);
    expect(thread.control.actions).toEqual([{ do: 'exclude', path: 'eth0', force: false }]);

    thread.control.fault = new Error('it broke');
    expect((await ask(url, '/api/v2/overview')).status).toBe(500);
    expect((await thread.hear('log')).message).toContain('it broke');
  });

  test('answers 503 when control says nothing', { timeout: 20_000 }, async () => {
    thread = new Thread();
    const { url } = await thread.hear('listening');
    thread.isMute = true;
    const answer = await ask(url, '/api/v2/overview');
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([503, 'no-answer']);
    thread.isMute = false;
    expect((await ask(url, '/api/v2/overview')).status).toBe(200);
  });

  test('pushes metrics without listening, and listens once it may', { timeout: 20_000 }, async () => {
    const receiver = await OtlpReceiver.start();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
    try {
      const push = {
        protocol: 'http/protobuf',
        endpoint: receiver.url,
        intervalMs: 50,
        timeoutMs: 50,
      } as const;
      thread = new Thread({ settings: undefined, push });
      await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBeGreaterThan(1);
      expect(numberOf(receiver.received[0]!.metrics.get('rengarde.tunnel.lost_packets'))).toBe(2);
      expect(thread.heard.some(({ is }) => is === 'listening')).toBe(false);

      thread.tell({ is: 'settings', settings: SETTINGS });
      const { url } = await thread.hear('listening');
      expect((await ask(url, '/metrics')).text).toContain('rengarde_tunnel_lost_packets_total 2');
      thread.tell({ is: 'settings', settings: undefined });
      await expect.poll(() => ask(url, '/metrics').catch(({ code }) => code)).toBe('ECONNREFUSED');

      const before = receiver.received.length;
      await thread.stop();
      expect(receiver.received.length).toBeGreaterThan(before);
    } finally {
      vi.unstubAllEnvs();
      receiver.close();
    }
  });

  test('keeps the past over a restart', { timeout: 20_000 }, async () => {
    thread = new Thread({ historyFile });
    await thread.hear('listening');
    const at = new Date().toISOString();
    thread.tell({ is: 'event', event: { at, kind: 'program-stopped', detail: 'for a test' } });
    await thread.stop();

    thread = new Thread({ historyFile });
    const { url } = await thread.hear('listening');
    const { events } = JSON.parse((await ask(url, '/api/v2/events')).text);
    expect(events).toMatchObject([{ at, kind: 'program-stopped', detail: 'for a test' }]);
    await thread.stop();
  });
});
