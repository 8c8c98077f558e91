/** How the long runs read their command lines: what commander lacks for numbers and lists. */
import { Command, InvalidArgumentError } from 'commander';

/** A command that says how to get help when it is given what it cannot read. */
export function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError(`("${name} --help" says what there is)`);
}

/** Reads a number that is not less than `least`. */
export function numberFrom(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() !== '' && number >= least) return number;
    throw new InvalidArgumentError(`Want a number from ${least} up.`);
  };
}

/** Reads numbers with commas between, none less than `least`. */
export function numbersFrom(least: number): (text: string) => number[] {
  return (text) => text.split(',').map(numberFrom(least));
}

/** Reads names with commas between. */
export function namesOf<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
  const isKnown = (name: string): name is Name => (known as readonly string[]).includes(name);
  return (text) =>
    text.split(',').map((name) => {
      if (isKnown(name)) return name;
      throw new InvalidArgumentError(`There is no "${name}". Want some of ${known.join(', ')}.`);
    });
}
