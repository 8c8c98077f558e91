/** All rules, in the order in which a person would look: file, host, network, WireGuard, what runs. */
import { withoutConsequences } from './consequences.ts';
import type { ClientFacts, ServerFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { judgeClock } from './rules/clock.ts';
import { judgeFile } from './rules/file.ts';
import { judgeLinks } from './rules/links.ts';
import { judgeMtu } from './rules/mtu.ts';
import { judgeNames } from './rules/names.ts';
import { judgePermission } from './rules/permission.ts';
import { judgePorts } from './rules/ports.ts';
import { judgeClientRouting, judgeServerRouting } from './rules/routing.ts';
import { judgeRunning } from './rules/running.ts';
import { judgeSpeed } from './rules/speed.ts';
import { judgeClientWireguard } from './rules/wireguard-client.ts';
import { judgeServerWireguard } from './rules/wireguard-server.ts';

/** Everything there is to say about these facts. Pure. */
export function judge(facts: ClientFacts | ServerFacts): Finding[] {
  const isClient = 'links' in facts;
  return withoutConsequences([
    ...judgeFile(facts),
    ...judgePermission(facts),
    ...judgePorts(facts),
    ...judgeNames(facts),
    ...(isClient ? judgeLinks(facts) : []),
    ...(isClient ? judgeClientRouting(facts) : judgeServerRouting(facts)),
    ...(isClient ? judgeClientWireguard(facts) : judgeServerWireguard(facts)),
    ...judgeMtu(facts),
    judgeClock(facts),
    ...judgeSpeed(facts),
    ...judgeRunning(facts),
  ]);
}
