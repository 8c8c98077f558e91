/** HTTP Basic on everything, when there are credentials; who fails too often waits. RFC 7617, RFC 6750. */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
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
    verifyUser: (username, password, context) =>
      isRight(context, limit, () => credentials.match(username, password)),
  });
  return (context, next) => (credentials.areWanted ? ask(context, next) : next());
}

/** For metrics their own token is as good as the credentials. With a token and no credentials it is wanted. */
export function metricsAuthentication(
  credentials: Credentials,
  limit: LoginLimit,
  signIn: MiddlewareHandler,
): MiddlewareHandler {
  return async (context, next) => {
    const token = /^bearer +(.+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    if (!credentials.hasMetricsToken || (token === undefined && credentials.areWanted)) {
      return signIn(context, next);
    }
    if (token !== undefined && (await isRight(context, limit, () => credentials.matchMetricsToken(token)))) {
      return next();
    }
    throw new Refusal(
      401,
      'unauthorized',
      'Cannot tell metrics: want webManager.metricsToken as bearer token, or username and password',
      { 'WWW-Authenticate': `Bearer realm="${REALM}"` },
    );
  };
}

/** @throws {Refusal} to an address that was wrong too often */
async function isRight(context: Context, limit: LoginLimit, compare: () => boolean): Promise<boolean> {
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
  const matches = compare();
  if (!matches) await limit.countFailure(address);
  return matches;
}
