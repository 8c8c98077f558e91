import { type Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { command, namesOf, numberFrom, numbersFrom } from './command-line.ts';

function parse(...args: string[]): Record<string, unknown> {
  const told: string[] = [];
  const program: Command = command('npm run trial --', 'tries')
    .option('--minutes <n>', '', numberFrom(0.5))
    .option('--seeds <n,...>', '', numbersFrom(0))
    .option('--engines <name,...>', '', namesOf(['linux', 'portable']))
    .exitOverride()
    .configureOutput({ writeErr: (text) => told.push(text) });
  try {
    return program.parse(args, { from: 'user' }).opts();
  } catch (error) {
    expect(error).toBeInstanceOf(CommanderError);
    return { told: told.join('') };
  }
}

test('numbers and lists are read', () => {
  expect(parse('--minutes', '0.5', '--seeds', '1,2', '--engines', 'portable,linux')).toEqual({
    minutes: 0.5,
    seeds: [1, 2],
    engines: ['portable', 'linux'],
  });
});

test.each([
  ['--minutes', '0.4', /'0\.4' is invalid\. Want a number from 0\.5 up/],
  ['--minutes', '', /Want a number from 0\.5 up/],
  ['--minutes', 'ten', /Want a number/],
  ['--seeds', '1,', /Want a number from 0 up/],
  ['--engines', 'linux,windows', /There is no "windows"\. Want some of linux, portable/],
  ['--minuets', '1', /unknown option '--minuets'.*"npm run trial -- --help" says what there is/s],
])('%s "%s" is refused, with what is wanted', (option, value, message) => {
  expect(parse(option, value)).toEqual({ told: expect.stringMatching(message) });
});
