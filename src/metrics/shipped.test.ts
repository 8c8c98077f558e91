/** The alert rules and the dashboard in packaging/ ask for nothing but what is told, and Grafana can lay the dashboard out. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { definitions, prometheusName } from './definitions.ts';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { name: string; type: string; query: unknown }[] };
  readonly panels: readonly Panel[];
}

const read = (name: string) => readFileSync(new URL(`../../packaging/${name}`, import.meta.url), 'utf8');
const dashboardText = read('grafana/rengarde.json');
const dashboard = JSON.parse(dashboardText) as Dashboard;
const rules = parse(read('prometheus/rengarde.rules.yml')) as {
  groups: { rules: { alert: string; expr: string }[] }[];
};

/** Each metric with its labels; a histogram is three in Prometheus. */
const labelsOf = new Map(
  definitions.flatMap((definition) => {
    const name = prometheusName(definition);
    const labels = definition.attributes.map((attribute) => attribute.replaceAll('.', '_'));
    if (definition.kind !== 'histogram') return [[name, labels]];
    return [
      [`${name}_bucket`, [...labels, 'le']],
      [`${name}_count`, labels],
    ];
  }),
);
/** What Prometheus adds to each. */
const OWN_LABELS = ['job', 'instance'];

const queries = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ who: title, expr }))),
  ...rules.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ who: alert, expr }))),
];

/** `name{label="x"}` of an expression: each name with the labels it is chosen by. */
function selectorsIn(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b((?:rengarde|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name, matchers = '']) => ({
      name: name!,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
    }),
  );
}

test.each(queries)('$who asks for metrics and labels that there are', ({ expr }) => {
  const selectors = selectorsIn(expr);
  if (!expr.startsWith('up{')) expect(selectors).not.toEqual([]);
  for (const { name, labels } of selectors) {
    const known = labelsOf.get(name);
    expect(known, name).toBeDefined();
    expect([...known!, ...OWN_LABELS]).toEqual(expect.arrayContaining(labels));
  }
});

describe('the dashboard', () => {
  const { panels, templating } = dashboard;

  test('asks the data source that is chosen at its top, whatever it is called', () => {
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const queried = panels.flatMap(({ targets }) => targets).length + panels.length;
    const sources = [...dashboardText.matchAll(/"uid": "([^"]*)"/g)].map(([, uid]) => uid!).slice(1);
    expect(sources.length).toBeGreaterThan(queried);
    expect(sources.filter((uid) => !/^\$\{datasource\}$/.test(uid))).toEqual([]);
  });

  test('has one place for each panel, in 24 columns, and a letter for each of its queries', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos, targets } of panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(taken.get(`${column},${row}`), `${title} lies over`).toBeUndefined();
          taken.set(`${column},${row}`, title);
        }
      }
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    }
  });

  test('uses variables that it has', () => {
    const own = templating.list.map(({ name }) => name);
    const used = [...dashboardText.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!);
    expect(used.filter((name) => !name.startsWith('__') && !own.includes(name))).toEqual([]);
    expect(own.filter((name) => !used.includes(name))).toEqual([]);
  });
});
