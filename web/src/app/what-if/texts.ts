/** The English of the what-if table. */
export const whatIfTexts = {
  title: 'What if',
  intro:
    'What the tunnel would have lost with fewer links, judged by the packets that really came. ' +
    'Time in which a link was excluded or down counts as lost on it.',
  empty: 'Nothing was carried yet, so no choice of links can be judged. Rows appear with the first packets.',
  single:
    'There is only one link, so there is nothing to choose from. Rows appear when a second one carries.',
  notConnected: 'Not connected; the table appears with the first figures.',
  session: 'Which session? Open one on the first page; its what-if table is there.',
  choose: 'Links you would keep',
  chooseNone: 'Choose at least one link.',
  notCounted: 'Nothing was counted for this choice.',
  caption: 'Loss and volume by choice of links, since the start',
  columns: { links: 'Links', lost: 'Lost', share: 'Share', bytes: 'Carried' },
  sortBy: (column: string) => `Sort by: ${column}`,
  present: 'now',
  chosen: 'chosen',
  without: (name: string) => `All but ${name}`,
  all: (names: string) => `All: ${names}`,
  showAll: (count: number) => `Show all ${count} choices`,
  showCommon: 'Show fewer',
  and: (names: readonly string[]): string =>
    names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`,
  withAll: (lost: string, total: string, share: string) =>
    `With all links you lost ${lost} of ${total} (${share}) since the start.`,
  withOnly: (links: string) => `With ${links} only`,
  withoutOne: (link: string) => `Without ${link}`,
  sentence: (choice: string, lost: string, total: string, share: string) =>
    `${choice} you would have lost ${lost} of ${total} (${share}) since the start.`,
  packets: (count: string) => `${count} ${count === '1' ? 'packet' : 'packets'}`,
  nothingMore: 'That is no packet more than with all links.',
  more: (packets: string) => `That is ${packets} more than with all links.`,
  carried: (bytes: string, ofAll: string) => `They carried ${bytes} of the ${ofAll} of all links.`,
};
