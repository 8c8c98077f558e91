import { describe, expect, test } from 'vitest';
import { clientSnapshot, makeLink, serverSnapshot } from '../../test/metrics/snapshot.ts';
import { definitions, prometheusName } from './definitions.ts';
import { prometheusText } from './index.ts';

describe('prometheusText()', () => {
  test('tells every link of a client by name and label', async () => {
    const text = await prometheusText(clientSnapshot());
    expect(text).toContain('\n# TYPE rengarde_path_received_bytes_total counter\n');
    expect(text).toContain(
      String.raw`rengarde_path_received_bytes_total{path="eth0",label="Fibre \"1\""} 9000`,
    );
    expect(text).toContain('\nrengarde_path_received_bytes_total{path="wwan0"} 9000\n');
    expect(text).toContain('\nrengarde_tunnel_lost_packets_total 2\n');
    expect(text).toContain('\nrengarde_path_up{path="wwan0"} 1\n');
    expect(text).toContain('\nrengarde_tunnel_state{state="carrying"} 1\n');
    expect(text).toContain('\nrengarde_tunnel_state{state="losing"} 0\n');
    expect(text).toContain('\nrengarde_relay_dropped_packets_total{reason="wrong_mac1"} 0\n');
    expect(text).toContain('\nrengarde_wireguard_last_received_timestamp_seconds 1793000060\n');
    expect(text).not.toContain('rengarde_sessions');
  });

  test('tells lateness as a histogram that adds up', async () => {
    const lines = (await prometheusText(clientSnapshot([makeLink('eth0')]))).split('\n');
    expect(lines.filter((line) => line.startsWith('rengarde_path_lateness_seconds_'))).toEqual([
      'rengarde_path_lateness_seconds_count{path="eth0"} 90',
      'rengarde_path_lateness_seconds_bucket{path="eth0",le="0.001"} 60',
      'rengarde_path_lateness_seconds_bucket{path="eth0",le="0.01"} 80',
      'rengarde_path_lateness_seconds_bucket{path="eth0",le="+Inf"} 90',
    ]);
  });

  test('drops a link that is gone', async () => {
    await prometheusText(clientSnapshot());
    expect(await prometheusText(clientSnapshot([makeLink('eth0')]))).not.toContain('wwan0');
  });

  test('tells the addresses of a server together, without names', async () => {
    const text = await prometheusText(serverSnapshot());
    expect(text).toContain('\nrengarde_path_received_bytes_total 9000\n');
    expect(text).toContain('\nrengarde_paths{state="suspect"} 10\n');
    expect(text).toContain('\nrengarde_sessions 50\n');
    expect(text).not.toMatch(/path="/);
  });

  test('names the program in target_info', async () => {
    const text = await prometheusText(serverSnapshot());
    expect(text).toMatch(/target_info\{.*service_name="rengarde-server".*\} 1/);
    expect(text).toContain('rengarde_build_info{role="server",version="0.1.0",engine="linux"} 1');
  });
});

describe('definitions', () => {
  test('have names of their own, in OpenTelemetry and in Prometheus', () => {
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
    expect(new Set(definitions.map(prometheusName)).size).toBe(definitions.length);
  });

  test.each(definitions)('$name tells only the attributes that it announces', (definition) => {
    const points = [clientSnapshot(), serverSnapshot()].flatMap(
      (snapshot): readonly { attributes: object }[] => definition.read(snapshot),
    );
    expect(points.length).toBeGreaterThan(0);
    for (const { attributes } of points) {
      expect(definition.attributes).toEqual(expect.arrayContaining(Object.keys(attributes)));
    }
  });

  test.each(definitions)('$name is told by the role that it announces', (definition) => {
    const told = [clientSnapshot(), serverSnapshot()].filter(
      (snapshot) => definition.read(snapshot).length > 0,
    );
    const wanted = definition.role === undefined ? ['client', 'server'] : [definition.role];
    expect(told.map(({ role }) => role)).toEqual(wanted);
  });
});
