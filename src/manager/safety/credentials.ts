/** Username, password and token as the settings have them, compared in a time that does not tell how much was right. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Only digests are kept, so that lengths are equal and no password stays in memory longer than needed. */
export class Credentials {
  #username = digestOf('');
  #password = digestOf('');
  #areWanted = false;
  #metricsToken: Buffer | undefined;

  /** Name and password empty: nobody is asked. One set: both are compared. An empty token opens nothing. */
  set(username: string, password: string, metricsToken = ''): void {
    this.#metricsToken = metricsToken === '' ? undefined : digestOf(metricsToken);
    this.#username = digestOf(username);
    this.#password = digestOf(password);
    this.#areWanted = username !== '' || password !== '';
  }

  get areWanted(): boolean {
    return this.#areWanted;
  }

  /** Whether there is a token that opens the metrics. */
  get hasMetricsToken(): boolean {
    return this.#metricsToken !== undefined;
  }

  matchMetricsToken(token: string): boolean {
    return this.#metricsToken !== undefined && timingSafeEqual(digestOf(token), this.#metricsToken);
  }

  match(username: string, password: string): boolean {
    const isUsername = timingSafeEqual(digestOf(username), this.#username);
    const isPassword = timingSafeEqual(digestOf(password), this.#password);
    return isUsername && isPassword;
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
