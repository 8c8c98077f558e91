/** HTTP Basic on everything, when there are credentials; who fails too often waits. RFC 7617. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { Refusal } from '../refusal.ts';
import type { Credentials } from './credentials.ts';
import type { LoginLimit } from './login-limit.ts';

/** As the original names it; browsers keep credentials by it. */
const REALM = 'engarde';

/** A request without credentials is asked for them and is no failure: every browser begins like that. */
export function authentication(credentials: Credentials, limit: LoginLimit): MiddlewareHandler {
  const ask = basicAuth({
    realm: REALM,
    verifyUser: async (username, password, context) => {
      const address = getConnInfo(context).remote.address ?? '';
      const waitSeconds = await limit.waitSeconds(address);
      if (waitSeconds > 0) {
        throw new Refusal(
          429,
          'too-many-attempts',
          `Cannot log in: too many wrong passwords from ${address}; want ${waitSeconds} s of patience`,
          { 'Retry-After': String(waitSeconds) },
        );
      }
      const isRight = credentials.match(username, password);
      if (!isRight) await limit.countFailure(address);
      return isRight;
    },
  });
  return (context, next) => (credentials.areWanted ? ask(context, next) : next());
}
