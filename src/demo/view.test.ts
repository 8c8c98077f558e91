import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { Canvas } from '../terminal/index.ts';
import { LinkHistory } from './history.ts';
import { Link } from './link.ts';
import { Scenario } from './scenario.ts';
import { summaryOf } from './summary.ts';
import type { TunnelLink } from './tunnel.ts';
import { viewOf } from './view.ts';

const CANVAS: Canvas = { columns: 80, rows: 24, hasColour: true, hasUnicode: true };

const links: Link[] = [];
afterEach(async () => {
  await Promise.all(links.splice(0).map((link) => link.close()));
});

/** A scenario that is not running, with links that nothing passes. */
function makeScenario(): Scenario {
  const scenario = new Scenario(10_000);
  scenario.links = ['Fibre', 'LTE', 'Satellite'].map((name): TunnelLink => {
    const target = { address: '127.0.0.1', port: 9 };
    const link = new Link({ delayMs: 5, jitterMs: 1, lossShare: 0, target });
    links.push(link);
    return { name, link, cuts: 0 };
  });
  scenario.pages.client = 'http://127.0.0.1:65535/';
  scenario.pages.server = 'http://127.0.0.1:65534/';
  return scenario;
}

function show(scenario: Scenario, canvas: Canvas = CANVAS, samples = 0): string[] {
  const histories = scenario.links.map((link) => new LinkHistory(link));
  for (let count = 0; count < samples; count++) for (const history of histories) history.sample();
  return viewOf({ scenario, histories, elapsedMs: 754_000 }, canvas);
}

describe('viewOf()', () => {
  it('fits every canvas', () => {
    const scenario = makeScenario();
    scenario.toggle(1);
    for (const columns of [10, 40, 80, 200]) {
      for (const rows of [1, 10, 24]) {
        const lines = show(scenario, { ...CANVAS, columns, rows }, 200).map(stripVTControlCharacters);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('keeps every line in its place when links are cut and figures grow', () => {
    const scenario = makeScenario();
    const before = show(scenario).map(stripVTControlCharacters);
    scenario.toggle(0);
    scenario.up.counters.sent = 123_456_789;
    const after = show(scenario, CANVAS, 100).map(stripVTControlCharacters);
    expect(after.length).toBe(before.length);
    expect(after.findIndex((line) => line.includes('there'))).toBe(
      before.findIndex((line) => line.includes('there')),
    );
    const columnOf = (lines: string[]) => lines.find((line) => line.includes('LTE'))?.indexOf('up');
    expect(columnOf(after)).toBe(columnOf(before));
  });

  it('says without colour, and in ASCII, that a link is cut', () => {
    const scenario = makeScenario();
    scenario.toggle(0);
    const text = show(scenario, { ...CANVAS, hasColour: false, hasUnicode: false }, 4).join('\n');
    expect(text).toMatch(/1 {2}Fibre +CUT .*all +xxxx/);
    expect(text).toMatch(/2 {2}LTE +up /);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });

  it('names both pages, whole, on a terminal of 80 columns', () => {
    const text = show(makeScenario()).map(stripVTControlCharacters).join('\n');
    expect(text).toMatch(/page http:\/\/127\.0\.0\.1:65535\/ .*page http:\/\/127\.0\.0\.1:65534\/$/m);
  });

  it('says how many links are left', () => {
    const scenario = makeScenario();
    const text = () => show(scenario).map(stripVTControlCharacters).join('\n');
    expect(text()).toContain('No packet lost');
    scenario.toggle(0);
    scenario.toggle(1);
    expect(text()).toContain('Only Satellite is left');
    scenario.toggle(2);
    expect(text()).toContain('All links are cut');
  });
});

describe('summaryOf()', () => {
  it('fits 80 columns and names links and tunnel', () => {
    const scenario = makeScenario();
    scenario.up.counters.sent = 1_234_567;
    scenario.up.counters.lost = 3;
    const text = summaryOf(scenario, 12_345);
    expect(text).toContain('The tunnel lost 3 of 1,234,567 packets in 12.3 s');
    expect(text).toMatch(/Satellite .* 0$/m);
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(80);
  });
});
