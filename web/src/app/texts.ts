/** Every English text of the page; the views that are fetched later keep theirs beside them. */

export const texts = {
  shell: {
    product: 'rengarde',
    navigation: 'Views',
    skip: 'Skip to the content',
    apiDocs: 'API',
    client: 'client',
    server: 'server',
    on: (host: string) => `on ${host}`,
    version: (version: string) => `version ${version}`,
    started: (since: string) => `running for ${since}`,
    theme: {
      label: 'Colours',
      system: 'As the system',
      light: 'Light',
      dark: 'Dark',
    },
  },
  views: {
    now: 'Now',
    day: '24 hours',
    outages: 'Outages',
    whatIf: 'What if',
  },
  connection: {
    connecting: 'Connecting',
    connected: 'Live',
    never: 'Not connected: nothing heard from the program yet; trying again',
    lost: (age: string) => `Not connected: last news ${age} ago; trying again`,
    refused: 'Not signed in: reload the page and enter name and password',
    reload: 'Reload',
  },
  api: {
    unreachable: 'Cannot reach the program: it gave no answer within 10 s',
    refused: (status: number) => `Cannot do this: the program answered with status ${status}`,
  },
};
