/** Whether the program runs and can be asked; what it says is judged by role. */
import { formatHostPort } from '../../config/index.ts';
import type { Overview } from '../../contract/index.ts';
import type { ClientFacts, ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';
import { judgeClientCounters } from './client-counters.ts';
import { judgeServerCounters } from './server-counters.ts';

export function judgeRunning(facts: ClientFacts | ServerFacts): Finding[] {
  const { running, config, sockets, file } = facts;
  const program = `rengarde-${config.role}`;
  const { overview, unasked } = running;
  if (overview !== undefined) {
    const isOther = overview.role !== config.role;
    if (isOther) return [otherProgram(facts, overview.role)];
    const said = ok(
      'running',
      `${program} ${overview.instance.version} runs since ${overview.instance.startedAt}`,
    );
    return [said, ...judgeCounters(overview, facts)];
  }
  const isThere = sockets.some(
    ({ port, holder }) => port === config.listenAddr.port && holder?.role === config.role,
  );
  if (unasked?.why === 'refused') {
    const message = `${program} does not let the doctor ask: ${unasked.detail}`;
    const remedy = `use the file that it was started with; are webManager.username and password those in ${file.name}?`;
    return [found('note', 'web-refused', message, remedy)];
  }
  if (!isThere) {
    const remedy = `start it: ${program} ${file.name}, or systemctl start ${program}@NAME`;
    return [
      found(
        'warning',
        'not-running',
        `${program} does not run on ${formatHostPort(config.listenAddr)}`,
        remedy,
      ),
    ];
  }
  if (unasked?.why === 'off') {
    const message = `${program} runs, but without a web interface its counters cannot be asked`;
    const remedy =
      'webManager: { listenAddr: 127.0.0.1:9001 } in its section; it is taken over while running';
    return [found('note', 'web-off', message, remedy)];
  }
  const message = `${program} runs, but its web interface does not answer: ${unasked?.detail ?? ''}`;
  return [
    found('warning', 'web-silent', message, 'look into its log: is the port of webManager.listenAddr taken?'),
  ];
}

function judgeCounters(overview: Overview, facts: ClientFacts | ServerFacts): Finding[] {
  if (overview.role === 'client') return 'links' in facts ? judgeClientCounters(overview, facts) : [];
  return 'publicRoute' in facts ? judgeServerCounters(overview, facts) : [];
}

function otherProgram({ config }: ClientFacts | ServerFacts, role: string): Finding {
  const at = formatHostPort(config.webManager!.listenAddr);
  const message = `at webManager.listenAddr ${at} answers rengarde-${role}, not rengarde-${config.role}`;
  return found(
    'problem',
    'web-port-twice',
    message,
    `another port for ${config.role}.webManager.listenAddr: two programs cannot share one`,
  );
}
