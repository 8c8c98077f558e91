/** Links: on a client each by name, on a server all addresses together, because addresses come without end. */
import {
  type LinkMetrics,
  type MetricsSnapshot,
  type PathCounts,
  UNSENT_REASONS,
} from '../contract/index.ts';
import {
  type Attributes,
  type Definition,
  type HistogramDefinition,
  type NumberDefinition,
  oneOf,
  type Point,
  snakeCase,
} from './definition.ts';

const PATH_STATES = ['up', 'suspect', 'down', 'excluded'] as const;

function attributesOf({ name, label }: LinkMetrics): Attributes {
  return label === undefined || label === '' ? { path: name } : { path: name, label };
}

function countsOf({ links, addresses }: MetricsSnapshot): [PathCounts, Attributes][] {
  if (addresses !== undefined) return [[addresses, {}]];
  return (links ?? []).map((link) => [link.counts, attributesOf(link)]);
}

function counter(
  name: string,
  unit: NumberDefinition['unit'],
  description: string,
  of: (counts: PathCounts) => number,
): NumberDefinition {
  return {
    name: `rengarde.path.${name}`,
    unit,
    kind: 'counter',
    description,
    attributes: ['path', 'label'],
    read: (snapshot) => countsOf(snapshot).map(([counts, attributes]) => ({ value: of(counts), attributes })),
  };
}

function gauge(
  name: string,
  unit: NumberDefinition['unit'],
  description: string,
  of: (link: LinkMetrics) => number | null,
): NumberDefinition {
  return {
    name: `rengarde.path.${name}`,
    unit,
    kind: 'gauge',
    description,
    attributes: ['path', 'label'],
    role: 'client',
    read: ({ links = [] }) =>
      links.flatMap((link): Point[] => {
        const value = of(link);
        return value === null ? [] : [{ value, attributes: attributesOf(link) }];
      }),
  };
}

const unsent: NumberDefinition = {
  name: 'rengarde.path.unsent_packets',
  unit: '{packet}',
  kind: 'counter',
  description: 'Copies that the system did not send, by reason.',
  attributes: ['path', 'label', 'reason'],
  read: (snapshot) =>
    countsOf(snapshot).flatMap(([counts, attributes]) =>
      UNSENT_REASONS.map((reason) => ({
        value: counts.unsent[reason],
        attributes: { ...attributes, reason: snakeCase(reason) },
      })),
    ),
};

const lateness: HistogramDefinition = {
  name: 'rengarde.path.lateness',
  unit: 's',
  kind: 'histogram',
  description: 'How much later than the first copy of the same packet copies came; a first copy: 0.',
  attributes: ['path', 'label'],
  read: (snapshot) =>
    countsOf(snapshot).map(([counts, attributes]) => ({
      value: { bounds: snapshot.latenessBoundsSeconds, counts: counts.lateness },
      attributes,
    })),
};

const state: NumberDefinition = {
  name: 'rengarde.path.state',
  unit: '',
  kind: 'gauge',
  description: '1 for the state of the link, 0 for the others: up, suspect, down, excluded.',
  attributes: ['path', 'label', 'state'],
  role: 'client',
  read: ({ links = [] }) => links.flatMap((link) => oneOf(PATH_STATES, link.state, attributesOf(link))),
};

const paths: NumberDefinition = {
  name: 'rengarde.paths',
  unit: '{path}',
  kind: 'gauge',
  description: 'Links now, on a server addresses, by state.',
  attributes: ['state'],
  read: (snapshot) =>
    PATH_STATES.map((name) => ({ value: snapshot.paths[name], attributes: { state: name } })),
};

export const pathMetrics: readonly Definition[] = [
  gauge('up', '', '1 when the link carries and delivers; 0 when suspect, down or excluded.', (link) =>
    link.state === 'up' ? 1 : 0,
  ),
  state,
  paths,
  counter('received', 'By', 'Bytes of copies received.', ({ inBytes }) => inBytes),
  counter('received_packets', '{packet}', 'Copies received.', ({ inPackets }) => inPackets),
  counter('sent', 'By', 'Bytes of copies sent.', ({ outBytes }) => outBytes),
  counter('sent_packets', '{packet}', 'Copies sent.', ({ outPackets }) => outPackets),
  unsent,
  counter('first_packets', '{packet}', 'Packets whose first copy came here.', ({ first }) => first),
  counter('late_packets', '{packet}', 'Copies that came later than another link’s.', ({ late }) => late),
  counter(
    'differing_packets',
    '{packet}',
    'Copies with the index and counter of another packet, but other bytes: one of the two is forged.',
    ({ differing }) => differing,
  ),
  counter(
    'delivered_packets',
    '{packet}',
    'Packets that came here, of those whose fate is known.',
    ({ delivered }) => delivered,
  ),
  counter(
    'lost_packets',
    '{packet}',
    'Packets that never came here, whether or not another link delivered them.',
    ({ lost }) => lost,
  ),
  counter('rescued_packets', '{packet}', 'Packets that came nowhere else.', ({ rescued }) => rescued),
  lateness,
  gauge('jitter', 's', 'Smoothed change of the lateness.', ({ jitterSeconds }) => jitterSeconds),
  gauge(
    'silence',
    's',
    'Since when other links deliver and this one does not; 0: it delivers.',
    ({ silentSeconds }) => silentSeconds,
  ),
  gauge(
    'last_received_timestamp',
    's',
    'Unix time of the last copy received; absent: never.',
    ({ lastReceivedAtSeconds }) => lastReceivedAtSeconds,
  ),
];
