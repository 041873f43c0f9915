/** What every request has to pass, in the order that the document gives: limits, token, session, role. */

import { bucketsOf } from './limits.js';
import { Problem } from './problems.js';
import { bearerToken } from './tokens.js';

/** What the token says, if it is a good one, and what is wrong with a bad one. */
export async function presented(tokens, request) {
  try {
    const token = bearerToken(request);
    return { claims: token === undefined ? undefined : await tokens.verify(token) };
  } catch (problem) {
    return { problem };
  }
}

/** Spend the limits; a bad token counts for the address it came from, and is nothing to operations without a 401. */
export function countRequest(operation, { tokens, limits, store }) {
  const hasTiers = operation.policies.some((policy) => policy.hasTiers);
  return async (request, response, next) => {
    response.locals.operation = operation;
    const { claims, problem } = await presented(tokens, request);
    const tier = claims && hasTiers ? store.users.find(claims.userId)?.tier : undefined;
    limits.spend(bucketsOf(operation.policies, request, claims?.userId, tier), response);
    if (operation.headers.has(401)) {
      if (problem) throw problem;
      response.locals.claims = claims;
    }
    next();
  };
}

/** Find out who asks; nobody, where the operation is public and there is no token. */
export function findCaller(operation, { store }) {
  return (request, response, next) => {
    const { claims } = response.locals;
    if (claims) {
      const user = store.sessions.userOf(claims);
      if (!user) throw new Problem('invalid_token');
      response.locals.caller = { ...claims, isAdmin: user.role === 'admin' };
    } else if (!operation.isPublic) {
      throw new Problem('missing_token');
    }
    if (operation.isForAdmins && !response.locals.caller.isAdmin) {
      throw new Problem('forbidden', { detail: 'Only an admin may do this.' });
    }
    next();
  };
}
