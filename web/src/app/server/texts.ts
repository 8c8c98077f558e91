/** The English of the server's first page and of a session. */
import type { PathState, TunnelState } from '../contract.ts';

const count = (value: string, one: string, many: string) => `${value} ${value === '1' ? one : many}`;

const CARRIES: Record<TunnelState, string> = {
  carrying: 'Carrying.',
  losing: 'Losing packets.',
  idle: 'Idle: nothing to carry.',
  waiting: 'Waiting: nothing came from WireGuard yet.',
  unanswered: 'Unanswered: packets leave, nothing comes back.',
  'no-path': 'No link is open.',
};

export const serverTexts = {
  title: 'Sessions',
  lastKnown: (words: string) => `Last known: ${words}`,
  sentence: (sessions: string, links: string, losing: number, losingText: string, away: string): string =>
    (sessions === '0'
      ? 'No client'
      : `${count(sessions, 'client', 'clients')}, ${count(links, 'link', 'links')}, `) +
    (sessions === '0'
      ? ''
      : losing === 0
        ? 'nothing lost in the last minute'
        : `${count(losingText, 'client', 'clients')} lost packets in the last minute`) +
    `; ${count(away, 'stranger’s packet', 'strangers’ packets')} turned away.`,
  unconfirmed: (sessions: string) =>
    `${count(sessions, 'more is', 'more are')} not answered by WireGuard yet.`,
  rateIn: (rate: string) => `${rate} in`,
  rateOut: (rate: string) => `${rate} out`,
  empty: {
    title: 'No client yet.',
    port: (address: string, port: string) =>
      `rengarde listens on ${address}. Open UDP port ${port} in the firewall here and at the provider.`,
    client: (port: string) =>
      `In each client’s engarde.yml, client.dstAddr must be this server’s public address with port ${port}.`,
    wireGuard: (destination: string) =>
      `WireGuard here must listen on ${destination}, and know the client’s public key.`,
    strangers: (away: string) =>
      `${count(away, 'packet', 'packets')} came that no WireGuard client sent, and were turned away: packets do reach the port.`,
  },
  search: 'Search by address or id',
  sort: 'Order',
  sorts: { worst: 'worst first', busiest: 'busiest first', newest: 'newest first', oldest: 'oldest first' },
  found: (shown: string, total: string, isOne: boolean) =>
    `${shown} of ${total} ${isOne ? 'session' : 'sessions'}`,
  nothingFound: (search: string) => `No session has “${search}” in its addresses or its id.`,
  more: (next: string) => `Show ${next} more`,
  listFailed: (reason: string) => `${reason}. Trying again.`,
  caption: 'Sessions with their links',
  columns: {
    client: 'Session',
    state: 'State',
    links: 'Links',
    worst: 'Worst link, last minute',
    loss: 'Tunnel loss, last minute',
    rates: 'Rates',
    last: 'Last packet',
    since: 'Since',
  },
  states: {
    carrying: 'carrying',
    losing: 'losing',
    idle: 'idle',
    waiting: 'waiting',
    unanswered: 'unanswered',
    'no-path': 'no link',
  } satisfies Record<TunnelState, string>,
  ago: (duration: string) => `${duration} ago`,
  never: 'never',
  worstLink: (name: string, share: string) => `${name} lost ${share}`,
  allFine: 'none lost',
  others: (count: number) => `and ${count} more`,
  silentLink: (name: string, duration: string) => `${name} silent for ${duration}`,
  illLink: (name: string, state: string) => `${name} ${state}`,
  waiting: 'Not connected; the sessions appear with the first figures.',
  loading: 'Loading',
  pathStates: { up: 'up', suspect: 'suspect', down: 'down', excluded: 'excluded' } satisfies Record<
    PathState,
    string
  >,
  session: {
    title: (id: string) => `Session ${id}`,
    back: 'All sessions',
    tunnel: 'Tunnel',
    since: (time: string) => `since ${time}`,
    sentence: (state: TunnelState, lost: number, lostText: string, share: string) =>
      lost === 0
        ? `${CARRIES[state]} Nothing lost in 15 minutes.`
        : `${CARRIES[state]} ${count(lostText, 'packet', 'packets')} lost in 15 minutes (${share}).`,
    strips: 'Last 15 minutes',
    day: 'Last 24 hours',
    links: 'Links',
    whatIf: 'What if',
    past: 'Outages and events',
    gone: 'This session has ended. Its strips stay as they were; a client that comes again begins a new one.',
    waiting: (id: string) => `Waiting for the first figures of session ${id}.`,
    unknown: (id: string) =>
      `There is no session ${id} now: it has ended, or the program was started again. What is remembered of it is below.`,
    linksCaption: 'Links of this client; loss, lateness and first copies over 15 minutes',
    columns: {
      link: 'Address',
      state: 'State',
      rates: 'Rates',
      loss: 'Loss, 15 min',
      lateness: 'Late: median / p95',
      first: 'First copies',
      rescued: 'Rescued',
      last: 'Last packet',
    },
  },
};
