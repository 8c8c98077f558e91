// `node scripts/commands-page.mjs [folder of the programs]` prints docs/commands.md from what the built programs' --help says, so that the
// page cannot tell anything else; `… > docs/commands.md` renews it. A lab test compares.
import { execFileSync } from 'node:child_process';
import { isMain, root } from './run.mjs';

/** Each command with what its page should say beside its --help. */
const COMMANDS = [
  ['rengarde-client', [], 'The side with several links.'],
  ['rengarde-client', ['list-interfaces'], 'What would be used, and why not the rest.'],
  ['rengarde-server', [], 'The side with one stable address.'],
  [
    'rengarde',
    ['init'],
    'Both hosts’ files, and WireGuard’s. [quick-start.md](quick-start.md) goes on from there.',
  ],
  ['rengarde', ['check'], 'What is wrong with the file, before it is used.'],
  [
    'rengarde',
    ['doctor'],
    'What is wrong on this host. [troubleshooting.md](troubleshooting.md) has each code.',
  ],
  ['rengarde', ['status'], 'Whether it works, in a terminal.'],
  ['rengarde', ['demo'], 'See it work, on this machine alone.'],
];

const BEGINNING = `# Commands

What each says to \`--help\`. Both relays end with status 0 on SIGTERM and Ctrl-C, and with 1 and one readable line when
they cannot start.
`;

/** @param {string} bin folder of the built programs */
function commandsPage(bin = `${root}/dist/bin`) {
  const parts = COMMANDS.map(([program, args, about]) => {
    // commander breaks lines by the terminal's width: 80 without one.
    const help = execFileSync(process.execPath, [`${bin}/${program}.js`, ...args, '--help'], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', COLUMNS: '80' },
    });
    return `## ${[program, ...args].join(' ')}\n\n${about}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
  });
  return [BEGINNING, ...parts].join('\n');
}

if (isMain(import.meta.url)) process.stdout.write(commandsPage(process.argv[2]));
