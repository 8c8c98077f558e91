import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Scenario } from './scenario.ts';
import type { Role } from './tunnel.ts';

/** Stands in for either program: carries every copy by every link, and has no page. Needs no build. */
const CARRIER = `
  import { createSocket } from 'node:dgram';
  import { readFileSync } from 'node:fs';
  const file = readFileSync(process.argv[1], 'utf8');
  const ports = (key) => [...file.matchAll(new RegExp(key + ': .*:([0-9]+)$', 'gm'))].map(([, port]) => Number(port));
  const [near, far] = [createSocket('udp4'), createSocket('udp4')];
  const senders = new Set();
  near.on('message', (datagram, { port }) => {
    senders.add(port);
    for (const port of ports('dstAddr')) far.send(datagram, port, '127.0.0.1');
  });
  far.on('message', (datagram) => {
    for (const port of senders) near.send(datagram, port, '127.0.0.1');
  });
  near.bind(ports('  listenAddr')[0], '127.0.0.1');`;

/** Somebody at the client's page: as soon as Fibre is cut they cut LTE, once, and restore it when they see it cut. */
const SOMEBODY = `
  import { demoControl } from '${new URL('../cli/demo-control.ts', import.meta.url)}';
  const control = demoControl();
  const isCut = (name) => control.links().find((link) => link.name === name).isCut;
  let hasCut = false;
  control.onChange(() => {
    if (isCut('LTE')) control.restore('LTE');
    else if (isCut('Fibre') && !hasCut) hasCut = control.cut('LTE');
  });`;

let scenario: Scenario | undefined;
afterEach(() => scenario?.stop());

async function startScenario(): Promise<Scenario> {
  const code = { client: CARRIER + SOMEBODY, server: CARRIER };
  const nodeArguments = (role: Role) => ['--import', 'tsx', '--input-type=module', '--eval', code[role]];
  scenario = new Scenario(1, { nodeArguments });
  await scenario.start();
  return scenario;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (scenario?.failure) throw new Error(scenario.failure);
    await sleep(5);
  }
}

describe('Scenario', () => {
  it('cuts and restores links at the wish of the page, and then leaves cutting to it', async () => {
    const running = await startScenario();
    expect(running.pages.client).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(running.pages.server).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(running.pages.server).not.toBe(running.pages.client);

    // Else what the server sends at first could be on no other link than the one that is cut next.
    for (const { name, link } of running.links) expect(link.back.delivered, name).toBeGreaterThan(0);

    running.setAutomatic(true); // which cuts Fibre first
    const [fibre, lte, satellite] = running.links;
    await until(() => lte!.cuts === 1 && !lte!.link.isCut);
    expect(running.isAutomatic).toBe(false);
    expect(running.wasSteered).toBe(true);
    expect([fibre!.cuts, fibre!.link.isCut]).toEqual([1, false]);
    expect([satellite!.cuts, satellite!.link.isCut]).toEqual([0, false]);
  });

  it('tells the page of a link that a key has cut', async () => {
    const running = await startScenario();
    running.toggle(0);
    await until(() => running.links[1]!.cuts === 1);
    expect(running.links[0]!.link.isCut).toBe(true);
  });

  it('leaves no file behind', async () => {
    const running = await startScenario();
    const files = [running.file('client'), running.file('server')];
    expect(files.map(existsSync)).toEqual([true, true]);
    await running.stop();
    expect(files.map(existsSync)).toEqual([false, false]);
  });
}, 30_000);
