/** Accounts, tokens and sessions. */

import { answer, answerNothing } from '../answers.js';
import { bucketsOfValue } from '../limits.js';
import { hashPassword, isPassword } from '../passwords.js';
import { Problem } from '../problems.js';
import { canonical, userView } from '../users.js';

export function authRoutes({ contract, store, tokens, limits }) {
  const lifetime = contract.schema('Tokens', 'refresh_expires_in').maximum;
  const grace = contract.operation('refresh_tokens').authRole['reuse-grace'];

  /** Hand out an access token with a refresh token. */
  async function answerTokens(request, response, { userId, sessionId, refreshToken }) {
    answer(request, response, 200, {
      access_token: await tokens.mint(userId, sessionId),
      token_type: 'Bearer',
      expires_in: tokens.lifetime,
      refresh_token: refreshToken,
      refresh_expires_in: lifetime,
    });
  }

  return {
    async register_user(request, response) {
      const { content } = response.locals;
      const passwordHash = await hashPassword(content.password);
      const user = store.write(() => store.users.create(content, passwordHash));
      response.location(`${contract.basePath}/users/${user.id}`);
      answer(request, response, 201, userView(user));
    },

    /** An unknown account and a wrong password are one answer, and take the same time. */
    async log_in(request, response) {
      const { content, operation } = response.locals;
      const failures = bucketsOfValue(operation.policies, canonical(content.email));
      // Counted as a failure until it is known to be none: many at once must not all slip through.
      limits.spend(failures, response);
      const user = store.users.findByEmail(content.email);
      const isRight = await isPassword(user, content.password);
      if (!isRight || !user.active) throw new Problem('invalid_credentials');
      limits.giveBack(failures, response);
      const session = store.writeQuietly(() => store.sessions.begin(user.id, lifetime));
      await answerTokens(request, response, session);
    },

    async refresh_tokens(request, response) {
      const token = response.locals.content.refresh_token;
      const session = store.writeQuietly(() => store.sessions.rotate(token, lifetime, grace));
      if (!session) throw new Problem('invalid_refresh_token');
      await answerTokens(request, response, session);
    },

    log_out(request, response) {
      store.writeQuietly(() => store.sessions.end(response.locals.caller.sessionId));
      answerNothing(response);
    },
  };
}
