/** The program itself, by OpenTelemetry's names for processes and for Node. */
import { type NumberDefinition, single } from './definition.ts';

export const processMetrics: readonly NumberDefinition[] = [
  {
    name: 'rengarde.build_info',
    unit: '',
    kind: 'gauge',
    description: 'Always 1; which program, version and engine it is.',
    attributes: ['role', 'version', 'engine'],
    read: ({ role, version, engine }) => [{ value: 1, attributes: { role, version, engine } }],
  },
  {
    name: 'process.cpu.time',
    unit: 's',
    kind: 'counter',
    description: 'Processor time of all threads, by mode: user, system.',
    attributes: ['cpu.mode'],
    read: ({ process }) => [
      { value: process.cpuUserSeconds, attributes: { 'cpu.mode': 'user' } },
      { value: process.cpuSystemSeconds, attributes: { 'cpu.mode': 'system' } },
    ],
  },
  {
    name: 'process.memory.usage',
    unit: 'By',
    kind: 'gauge',
    description: 'Memory in use (resident set).',
    attributes: [],
    read: ({ process }) => single(process.residentBytes),
  },
  {
    name: 'process.uptime',
    unit: 's',
    kind: 'gauge',
    description: 'Since the program started.',
    attributes: [],
    read: ({ process }) => single(process.uptimeSeconds),
  },
  {
    name: 'nodejs.eventloop.delay.p99',
    unit: 's',
    kind: 'gauge',
    description:
      'How late control came to things since it was last asked, 99th percentile. Not the packets’ path.',
    attributes: [],
    read: ({ process }) => single(process.eventLoopDelaySeconds.p99),
  },
  {
    name: 'nodejs.eventloop.delay.max',
    unit: 's',
    kind: 'gauge',
    description: 'The same, at most.',
    attributes: [],
    read: ({ process }) => single(process.eventLoopDelaySeconds.max),
  },
];
