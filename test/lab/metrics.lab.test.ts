/**
 * A real Prometheus, on the server's host, scrapes both programs while packets flow: the server beside it, the
 * client through the tunnel. Its rules and the dashboard's queries are those that we ship; links are cut as in
 * faults.ts. Links as in topology.ts.
 *
 *     prometheus 127.0.0.1:9090 -> 127.0.0.1:9002 rengarde-server
 *               '-> 10.88.0.1:9001 rengarde-client, through the tunnel
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { getJson, request } from './http.ts';
import { type Lab, programFile, startLab, tunnel } from './lab.ts';
import { Namespace, runCommand } from './namespace.ts';
import { type PingStream, startPings } from './ping-stream.ts';
import { Program } from './program.ts';
import { programObstacle, titled } from './requirements.ts';
import { Stage } from './stage.ts';

const RULES = 'packaging/prometheus/rengarde.rules.yml';
const DASHBOARD = 'packaging/grafana/rengarde.json';
const prometheus = 'http://127.0.0.1:9090';
const TOKEN = 'scrape-me';

/** By promtool: when each alert fires, and when not. */
const ALERT_TESTS = 'test/metrics/alerts.test.yml';

const hasTools = await Promise.all(
  ['prometheus', 'promtool'].map((tool) => runCommand(tool, ['--version'])),
).then(
  () => true,
  () => false,
);
const toolObstacle = hasTools ? null : 'needs the commands prometheus and promtool';
const obstacle = programObstacle ?? toolObstacle;

interface QueryAnswer {
  readonly status: string;
  readonly data: {
    readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
  };
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

interface AlertTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

interface Alert {
  readonly state: string;
  readonly labels: Record<string, string>;
}

test.skipIf(!hasTools)(
  titled('every alert fires when it should and not when it should not', toolObstacle),
  async () => {
    expect(await runCommand('promtool', ['test', 'rules', ALERT_TESTS])).toContain('SUCCESS');
    const { groups } = parse(readFileSync(RULES, 'utf8')) as Rules;
    const { tests } = parse(readFileSync(ALERT_TESTS, 'utf8')) as AlertTests;
    const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
    const fired = cases.filter(({ exp_alerts }) => exp_alerts.length > 0).map(({ alertname }) => alertname);
    expect(new Set(fired)).toEqual(new Set(groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))));
  },
);

describe.skipIf(obstacle !== null)(titled('a real Prometheus beside a tunnel', obstacle), () => {
  const folder = mkdtempSync(join(tmpdir(), 'rengarde-prometheus-'));
  let lab: Lab;
  let pings: PingStream;
  let scraper: Program;

  beforeAll(async () => {
    const listen = (listenAddr: string) => ({
      webManager: { listenAddr, username: 'van', password: 'secret', metricsToken: TOKEN },
    });
    lab = await startLab({
      paths: 3,
      engine: 'linux',
      client: { ...listen('0.0.0.0:9001'), interfaceLabels: { c0: 'Fibre' } },
      server: listen('127.0.0.1:9002'),
    });
    pings = startPings({ namespace: lab.client.namespace, to: tunnel.server.ipv4, perSecond: 50 });
    scraper = startPrometheus();
    await scraper.waitForOutput('Server is ready to receive web requests');
  });
  afterAll(async () => {
    await scraper?.stop();
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** With the shipped rules, but seconds instead of minutes of patience. */
  function startPrometheus(): Program {
    const rules = readFileSync(RULES, 'utf8').replaceAll(/for: \d+m/g, 'for: 1s');
    writeFileSync(join(folder, 'rules.yml'), rules);
    const job = (name: string, target: string) => ({
      job_name: name,
      authorization: { credentials: TOKEN },
      static_configs: [{ targets: [target] }],
    });
    const jobs = [
      job('rengarde-client', `${tunnel.client.ipv4}:9001`),
      job('rengarde-server', '127.0.0.1:9002'),
    ];
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      scrape_configs: jobs,
    };
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    return new Program(lab.server.namespace, 'prometheus', [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:9090',
    ]);
  }

  const poll = <T>(ask: () => Promise<T>) => expect.poll(ask, { timeout: 30_000, interval: 250 });
  const query = (expression: string) =>
    getJson<QueryAnswer>(
      lab.server.namespace,
      `${prometheus}/api/v1/query?query=${encodeURIComponent(expression)}`,
    );
  async function value(expression: string): Promise<number> {
    return Number((await query(expression)).data.result[0]?.value[1]);
  }
  /** Names of the alerts that fire, with their link. */
  async function firing(): Promise<string[]> {
    const url = `${prometheus}/api/v1/alerts`;
    const { data } = await getJson<{ data: { alerts: Alert[] } }>(lab.server.namespace, url);
    return data.alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels }) => `${labels.alertname} ${labels.path ?? ''}`.trim());
  }

  test('scrapes both programs, which promtool finds nothing wrong with', async () => {
    await poll(() => value('count(up == 1)')).toBe(2);
    for (const [namespace, url] of [
      [lab.client.namespace, 'http://127.0.0.1:9001/metrics'],
      [lab.server.namespace, 'http://127.0.0.1:9002/metrics'],
    ] as const) {
      const { status, body } = await request(namespace, url, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      expect(status).toBe(200);
      expect(await runCommand('promtool', ['check', 'metrics'], { input: body })).toBe('');
    }
  });

  test('knows the links of the client and the session of the server', async () => {
    await poll(() => value('sum(rengarde_path_up{job="rengarde-client"})')).toBe(3);
    await poll(() => value('rengarde_path_up{path="c0",label="Fibre"}')).toBe(1);
    await poll(() => value('rengarde_sessions')).toBe(1);
    await poll(() => value('rengarde_paths{job="rengarde-server",state="up"}')).toBe(3);
    await poll(() => value('rate(rengarde_path_received_packets_total{path="c1"}[5s])')).toBeGreaterThan(40);
    await poll(() =>
      value('rate(rengarde_tunnel_received_packets_total{job="rengarde-server"}[5s])'),
    ).toBeGreaterThan(40);
    await poll(() =>
      value('sum(rate(rengarde_path_lateness_seconds_count{job="rengarde-client"}[5s]))'),
    ).toBeGreaterThan(100);
    expect((await query('rengarde_path_up{job="rengarde-server"}')).data.result).toEqual([]);
  });

  test('promtool takes the shipped rules', async () => {
    expect(await runCommand('promtool', ['check', 'rules', RULES])).toContain('SUCCESS');
    const { groups } = parse(readFileSync(RULES, 'utf8')) as Rules;
    const { data } = await getJson<{ data: { groups: { rules: { name: string; health: string }[] }[] } }>(
      lab.server.namespace,
      `${prometheus}/api/v1/rules`,
    );
    const names = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    await poll(async () => data.groups.flatMap(({ rules }) => rules.map(({ name }) => name))).toEqual(names);
  });

  test('every query of the dashboard gives series', async () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
      panels: { title: string; targets: { expr: string }[] }[];
    };
    const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
    expect(queries.length).toBeGreaterThan(20);
    for (const { title, expr } of queries) {
      const written = expr
        .replaceAll(/\$(job|instance)/g, '.+')
        .replaceAll(/\$__(rate_interval|range)/g, '10s');
      expect(written).not.toContain('$');
      await poll(async () => [title, (await query(written)).data.result.length > 0]).toEqual([title, true]);
    }
  });

  test('no alert fires while all is well', async () => {
    await poll(firing).toEqual([]);
  });

  test('a cut link and one without an address are told, and that they are back', async () => {
    await lab.faults.cut(0);
    await poll(firing).toContain('RengardeLinkSilent c0');
    await lab.faults.restore(0);
    await lab.faults.removeAddress(1);
    await poll(firing).toContain('RengardeLinkDown c1');
    await poll(firing).not.toContain('RengardeLinkSilent c0');
    await lab.faults.restoreAddress(1);
    await poll(firing).toEqual([]);
  });

  test('a link that is unplugged is told too', async () => {
    await lab.topology.removePath(2);
    await poll(firing).toContain('RengardeLinkGone c2');
    expect(await value('count(rengarde_path_up)')).toBe(2);
    expect(await value('rate(rengarde_tunnel_lost_packets_total{job="rengarde-client"}[10s])')).toBe(0);
  });

  test('meanwhile nothing was lost', async () => {
    const report = await pings.stop();
    console.log(`metrics: ${report.lost.length} of ${report.sent} pings lost`);
    expect(report.lost).toEqual([]);
    expect(await value('max(rengarde_tunnel_lost_packets_total)')).toBe(0);
  });

  test('a program that is away is told', async () => {
    const program = lab.client.program!;
    await program.stop();
    await poll(firing).toContain('RengardeDown');
    await lab.client.restart('SIGTERM');
    await poll(firing).not.toContain('RengardeDown');
  });
});

/** A collector in a program of its own, which says of the first push what it is. */
const COLLECTOR = `
  import { OtlpReceiver } from '${new URL('../metrics/otlp-receiver.ts', import.meta.url).href}';
  const receiver = await OtlpReceiver.start(4318);
  console.log('ready');
  while (receiver.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const [{ path, headers, resource, metrics }] = receiver.received;
  console.log(path, headers['content-type'], resource['service.name'], metrics.size > 15, metrics.has('rengarde.tunnel.lost_packets'));`;

describe.skipIf(programObstacle !== null)(titled('a collector beside programs', programObstacle), () => {
  const stage = new Stage();
  afterAll(() => stage.remove());
  afterEach(() => stage.end());

  test.each([
    ['client', 'http/protobuf', 'application/x-protobuf'],
    ['server', 'http/json', 'application/json'],
  ] as const)(
    'a %s without webManager pushes by OTLP as %s and listens nowhere',
    async (side, protocol, contentType) => {
      const namespace = new Namespace('otlp');
      try {
        await namespace.ip('link set lo up');
        const collector = stage.own(
          new Program(namespace, process.execPath, [
            '--import',
            'tsx',
            '--input-type=module',
            '-e',
            COLLECTOR,
          ]),
        );
        await collector.waitForOutput('ready');
        const file = stage.file({
          client: { listenAddr: '127.0.0.1:59401', dstAddr: '127.0.0.1:59402' },
          server: { listenAddr: '127.0.0.1:59402', dstAddr: '127.0.0.1:59301' },
        });
        const environment = {
          OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
          OTEL_METRIC_EXPORT_INTERVAL: '200',
          ...(protocol === 'http/json' && { OTEL_EXPORTER_OTLP_PROTOCOL: protocol }),
        };
        const program = stage.own(
          new Program(namespace, process.execPath, [programFile(side), file], environment),
        );
        await program.waitForOutput(`metrics are pushed to http://127.0.0.1:4318 every 0.2 s (${protocol})`);
        await collector.waitForOutput(`/v1/metrics ${contentType} rengarde-${side} true true`);
        const listening = await namespace.run('ss', ['-Hltn']);
        expect(listening.trim().split('\n')).toEqual([expect.stringContaining('127.0.0.1:4318')]);
        expect(await program.stop()).toMatchObject({ code: 0 });
      } finally {
        await stage.end();
        namespace.remove();
      }
    },
  );
});
