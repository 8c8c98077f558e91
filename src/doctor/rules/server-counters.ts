/** What the running server's counters say: who comes, who is turned away, whether WireGuard answers. */
import { formatHostPort } from '../../config/index.ts';
import type { ServerOverview } from '../../contract/index.ts';
import type { ServerFacts } from '../facts.ts';
import { type Finding, found, ok } from '../finding.ts';

export function judgeServerCounters(overview: ServerOverview, facts: ServerFacts): Finding[] {
  const { sessions, unconfirmedSessions, turnedAway, losing } = overview;
  const { config } = facts;
  const findings: Finding[] = [];
  if (sessions > 0) findings.push(ok('sessions', `${sessions} with ${overview.paths} links between them`));
  if (sessions === 0 && turnedAway > 0) findings.push(onlyStrangers(turnedAway, facts));
  if (sessions === 0 && unconfirmedSessions > 0) {
    const to = formatHostPort(config.dstAddr);
    const message = `clients arrive (${unconfirmedSessions}), but WireGuard at ${to} answers none of them`;
    const remedy = `does WireGuard listen there (wg show), has it each client's public key as a [Peer], and have clients its own (wg show INTERFACE public-key)?`;
    findings.push(found('problem', 'wireguard-unanswered', message, remedy));
  }
  if (sessions === 0 && unconfirmedSessions === 0 && turnedAway === 0) {
    const message = 'no client has come since the start, or in the last minutes';
    const remedy = `is UDP port ${config.listenAddr.port} open in the firewall, and is client.dstAddr this host's? Then rengarde doctor on the client`;
    findings.push(found('note', 'no-clients', message, remedy));
  }
  if (losing > 0) {
    const message = `${losing} of ${sessions} sessions lost packets in the last minute that no link delivered`;
    findings.push(
      found(
        'warning',
        'tunnel-losing',
        message,
        'rengarde status shows which; run rengarde doctor on those clients',
      ),
    );
  }
  return findings;
}

function onlyStrangers(turnedAway: number, { config }: ServerFacts): Finding {
  const message = `nobody but strangers: ${turnedAway} packets turned away, no client let in`;
  if (config.wireguardPublicKey === undefined) {
    return found('note', 'strangers', message, 'nothing, if no client has been started');
  }
  const key = Buffer.from(config.wireguardPublicKey).toString('base64');
  const remedy = `give clients this server's public key, PublicKey = ${key} in [Peer]; is it WireGuard's own (wg show INTERFACE public-key)?`;
  return found('problem', 'strangers-turned-away', message, remedy);
}
