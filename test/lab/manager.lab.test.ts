/**
 * The manager beside a tunnel that carries: links excluded and included, the file changed and re-read, the
 * manager's port taken, all under 200 pings a second of which none may be lost. Links as in topology.ts.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { ClientOverview, Path, ServerOverview, SessionList } from '../../src/contract/index.ts';
import { getJson, postJson, request } from './http.ts';
import { type Engine, type Lab, startLab, tunnel } from './lab.ts';
import { type PingStream, startPings } from './ping-stream.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';

const engines: Engine[] = ['linux', 'portable'];
const client = 'http://127.0.0.1:9001';
const server = 'http://127.0.0.1:9002';

describe.skipIf(programObstacle !== null).each(engines)(
  titled('%s engine: the manager of a tunnel that carries', programObstacle),
  (engine) => {
    let lab: Lab;
    let pings: PingStream;

    beforeAll(async () => {
      const webManager = (port: number) => ({ webManager: { listenAddr: `127.0.0.1:${port}` } });
      lab = await startLab({ paths: 3, engine, client: webManager(9001), server: webManager(9002) });
      pings = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4 });
    });
    afterAll(async () => {
      await pings.untilAnswered(100);
      const report = await pings.stop();
      await lab.stop();
      console.log(`manager, ${engine} engine: ${report.lost.length} of ${report.sent} pings lost`);
      expect(report.lost).toEqual([]);
    });

    const overview = () => getJson<ClientOverview>(lab.client.namespace, `${client}/api/v2/overview`);
    const post = (path: string, body = {}) => postJson(lab.client.namespace, `${client}${path}`, body);
    async function link(name: string): Promise<Path> {
      const { session } = await overview();
      return session.paths.find((path) => path.name === name)!;
    }
    const states = async () =>
      (await overview()).session.paths.filter(({ name }) => /^c\d$/.test(name)).map(({ state }) => state);
    const poll = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 15_000, interval: 100 });

    /** Writes the file anew as editors do: another file that takes its name. */
    function edit(change: (sections: { client: Record<string, unknown> }) => void): void {
      const sections = parse(readFileSync(lab.file, 'utf8')) as { client: Record<string, unknown> };
      change(sections);
      writeFileSync(`${lab.file}.new`, stringify(sections));
      renameSync(`${lab.file}.new`, lab.file);
    }

    test('shows the links and what they carry', async () => {
      await poll(states).toEqual(['up', 'up', 'up']);
      await poll(async () => (await overview()).session.tunnel.state).toBe('carrying');
      await poll(async () => (await link('c1')).rates.inPacketsPerSecond).toBeGreaterThan(100);
      const { instance } = await overview();
      expect(instance).toMatchObject({ role: 'client', engine, file: lab.file });
    });

    test('shows the same session on the server, with its three addresses', async () => {
      const { namespace } = lab.server;
      await poll(
        async () => (await getJson<ServerOverview>(namespace, `${server}/api/v2/overview`)).paths,
      ).toBe(3);
      const { sessions } = await getJson<SessionList>(namespace, `${server}/api/v2/sessions`);
      expect(sessions.map(({ paths }) => paths.map(({ state }) => state))).toEqual([['up', 'up', 'up']]);
      const list = JSON.parse((await request(namespace, `${server}/api/v1/get-list`)).body);
      expect(
        list.sockets.map(({ address }: { address: string }) => address.replace(/:\d+$/, '')).sort(),
      ).toEqual(['10.77.0.1', '10.77.1.1', '10.77.2.1']);
    });

    test('excludes a link and includes it again', async () => {
      expect(await post('/api/v2/paths/c0/exclude')).toMatchObject({ status: 200 });
      await poll(states).toEqual(['excluded', 'up', 'up']);
      expect(await link('c0')).toMatchObject({ excludedBy: 'runtime', isChanged: true });
      expect(await post('/api/v1/include', { interface: 'c0' })).toEqual({
        status: 200,
        body: '{"status":"ok"}',
      });
      await poll(states).toEqual(['up', 'up', 'up']);
    });

    test('asks before the last link goes', async () => {
      await post('/api/v2/paths/c0/exclude');
      await post('/api/v2/paths/c1/exclude');
      await poll(states).toEqual(['excluded', 'excluded', 'up']);
      const refused = await post('/api/v2/paths/c2/exclude');
      expect(refused.status).toBe(409);
      expect(JSON.parse(refused.body)).toMatchObject({ code: 'last-working-path' });
      await post('/api/v2/exclusions/reset');
      await poll(states).toEqual(['up', 'up', 'up']);
    });

    test('keeps an exclusion in the file, and goes on without asking for a restart', async () => {
      await post('/api/v2/paths/c1/exclude');
      expect(await post('/api/v2/exclusions/keep')).toMatchObject({ status: 200 });
      expect(parse(readFileSync(lab.file, 'utf8')).client.excludedInterfaces).toEqual(['c1']);
      expect(await link('c1')).toMatchObject({ state: 'excluded', excludedBy: 'file', isChanged: false });
      edit((sections) => delete sections.client.excludedInterfaces);
      await poll(states).toEqual(['up', 'up', 'up']);
    });

    test('takes over labels, links and destinations from a changed file', async () => {
      edit((sections) => {
        sections.client.description = 'changed';
        sections.client.interfaceLabels = { c0: 'Fibre' };
        sections.client.excludedInterfaces = ['c2'];
        sections.client.dstOverrides = [{ ifName: 'c1', dstAddr: '10.77.1.2:59402' }];
      });
      await poll(states).toEqual(['up', 'up', 'excluded']);
      await poll(async () => (await link('c1')).destination).toBe('10.77.1.2:59402');
      expect((await overview()).instance.description).toBe('changed');
      expect(await link('c0')).toMatchObject({ label: 'Fibre' });
      edit((sections) => {
        delete sections.client.excludedInterfaces;
        delete sections.client.dstOverrides;
      });
      await poll(states).toEqual(['up', 'up', 'up']);
    });

    test('refuses a file with a mistake whole, and says so', async () => {
      const good = readFileSync(lab.file, 'utf8');
      edit((sections) => {
        sections.client.description = 'not to be seen';
        sections.client.dstAddr = 'nowhere';
      });
      await lab.client.program!.waitForOutput('is refused, everything goes on as before');
      expect(lab.client.program!.output).toMatch(/client\.dstAddr: found .*nowhere/);
      expect((await overview()).instance.description).toBe('changed');
      expect(await states()).toEqual(['up', 'up', 'up']);
      writeFileSync(lab.file, good);
    });

    test('reads the file on SIGHUP too', async () => {
      edit((sections) => {
        sections.client.description = 'by signal';
      });
      process.kill(lab.client.program!.pid!, 'SIGHUP');
      await poll(async () => (await overview()).instance.description).toBe('by signal');
    });

    test('wants new credentials at once, and moves to another port', async () => {
      edit((sections) => {
        sections.client.webManager = { listenAddr: '127.0.0.1:9001', username: 'van', password: 'secret' };
      });
      await poll(async () => (await request(lab.client.namespace, `${client}/`)).status).toBe(401);
      edit((sections) => {
        sections.client.webManager = { listenAddr: '127.0.0.1:9003' };
      });
      const moved = client.replace('9001', '9003');
      await poll(async () => (await request(lab.client.namespace, `${moved}/api/v2/overview`)).status).toBe(
        200,
      );
      expect((await request(lab.client.namespace, `${client}/`)).status).toBe(0);
      edit((sections) => {
        sections.client.webManager = { listenAddr: '127.0.0.1:9001' };
      });
      await poll(async () => (await request(lab.client.namespace, `${client}/api/v2/overview`)).status).toBe(
        200,
      );
    });

    test('a taken port costs the manager only, until it is free', async () => {
      const script = `require('node:net').createServer().listen(9004, '127.0.0.1')`;
      const other = new Program(lab.client.namespace, process.execPath, ['-e', script]);
      try {
        await other.waitFor('TCP port 9004', async () => {
          const listening = await lab.client.namespace.run('ss', ['-Hltn', 'sport = :9004']);
          return listening !== '';
        });
        edit((sections) => {
          sections.client.webManager = { listenAddr: '127.0.0.1:9004' };
        });
        await lab.client.program!.waitForOutput(/Cannot listen on webManager.listenAddr 127\.0\.0\.1:9004/);
      } finally {
        await other.stop();
      }
      const moved = client.replace('9001', '9004');
      await poll(async () => (await request(lab.client.namespace, `${moved}/api/v2/overview`)).status).toBe(
        200,
      );
    });
  },
);
