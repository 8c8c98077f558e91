/** Somebody to ask. */

/** A choice, and how it reads. */
export interface Choice<T extends string> {
  readonly value: T;
  readonly name: string;
}

/** Asks one question at a time. What rejects ends the run, with nothing written. */
export interface Asker {
  /** @param check what is wanted instead, as text; such an answer is asked for again */
  text(message: string, check: (answer: string) => true | string, initial?: string): Promise<string>;
  choose<T extends string>(message: string, choices: readonly Choice<T>[]): Promise<T>;
  /** All are chosen until somebody says otherwise; one must stay. */
  chooseSome<T extends string>(message: string, choices: readonly Choice<T>[]): Promise<readonly T[]>;
  confirm(message: string): Promise<boolean>;
}
