/** Control, asked over the thread's port. Answers may come in any order; a question waits for some seconds only. */
import type { Action, SessionQuery } from '../contract/index.ts';
import type { Control } from './control.ts';
import type { Answers, FromManager, Question } from './protocol.ts';
import { Refusal } from './refusal.ts';

const ANSWER_TIMEOUT_MS = 5000;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Asks by `ask` messages; whoever reads the port hands the answers to `settle` and `fail`. */
export class PortControl implements Control {
  readonly #say: (message: FromManager) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(say: (message: FromManager) => void) {
    this.#say = say;
  }

  overview(): Promise<Answers['overview']> {
    return this.#ask({ what: 'overview' });
  }

  sessions(query: SessionQuery): Promise<Answers['sessions']> {
    return this.#ask({ what: 'sessions', query });
  }

  session(id: string): Promise<Answers['session']> {
    return this.#ask({ what: 'session', id });
  }

  addresses(): Promise<Answers['addresses']> {
    return this.#ask({ what: 'addresses' });
  }

  metrics(): Promise<Answers['metrics']> {
    return this.#ask({ what: 'metrics' });
  }

  act(action: Action): Promise<Answers['action']> {
    return this.#ask({ what: 'action', action });
  }

  /** An answer that came too late, or twice, is dropped. */
  settle(id: number, answer: Answers[keyof Answers]): void {
    this.#take(id)?.resolve(answer as never);
  }

  fail(id: number, message: string): void {
    this.#take(id)?.reject(new Error(message));
  }

  #ask<Answer>(question: Question): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => this.#take(id)?.reject(noAnswer()), ANSWER_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#say({ is: 'ask', id, question });
    });
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}

function noAnswer(): Refusal {
  const seconds = ANSWER_TIMEOUT_MS / 1000;
  return new Refusal(503, 'no-answer', `Cannot answer: the tunnel's control said nothing for ${seconds} s`);
}
