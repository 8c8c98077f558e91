/** Username and password as the settings have them, compared in a time that does not tell how much was right. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Only digests are kept, so that lengths are equal and no password stays in memory longer than needed. */
export class Credentials {
  #username = digestOf('');
  #password = digestOf('');
  #areWanted = false;

  /** Both empty: nobody is asked. One set: both are compared. */
  set(username: string, password: string): void {
    this.#username = digestOf(username);
    this.#password = digestOf(password);
    this.#areWanted = username !== '' || password !== '';
  }

  get areWanted(): boolean {
    return this.#areWanted;
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
