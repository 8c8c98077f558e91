import { expect, test } from 'vitest';
import { withoutConsequences } from './consequences.ts';
import { found, ok } from './finding.ts';

const problem = (code: string, about?: string) => found('problem', code, 'message', 'remedy', about);
const said = (...findings: Parameters<typeof withoutConsequences>[0]) =>
  withoutConsequences(findings).map(({ code, about }) => (about === undefined ? code : `${code} ${about}`));

test.each([
  ['wireguard-endpoint-server', 'wireguard-unheard'],
  ['no-wireguard', 'wireguard-unheard'],
  ['public-key-server', 'strangers-turned-away'],
  ['public-key-server', 'wireguard-unanswered'],
])('after %s nobody has to read %s', (cause, consequence) => {
  expect(said(problem(cause), problem(consequence), problem('mtu-too-large'))).toEqual([
    cause,
    'mtu-too-large',
  ]);
  expect(said(problem(consequence))).toEqual([consequence]);
});

test('what is in order is no cause', () => {
  const fine = ok('wireguard-endpoint', 'speaks to rengarde');
  expect(said(fine, problem('wireguard-unheard'))).toEqual(['wireguard-endpoint', 'wireguard-unheard']);
});

test('of the tunnel as a link no route is asked for, of the other links it is', () => {
  expect(
    said(problem('no-route', 'wg0'), problem('no-route', 'eth0'), problem('wireguard-as-link', 'wg0')),
  ).toEqual(['no-route eth0', 'wireguard-as-link wg0']);
});
