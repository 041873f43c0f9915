/** Accounts: one's own, and everyone's for admins. */

import { answer, answerNothing } from '../answers.js';
import { bookView } from '../books.js';
import { requireSeen } from '../conditions.js';
import { announceLinks, pageOf } from '../pages.js';
import { hashPassword, isPassword } from '../passwords.js';
import { Problem, fault } from '../problems.js';
import { userView } from '../users.js';

export function userRoutes({ store, cache }) {
  /** An account; the caller's own may be gone since the token was checked. */
  function findUser(id, absent = 'not_found') {
    const user = store.users.find(id);
    if (!user) throw new Problem(absent);
    return user;
  }

  /** Change an account; a new password, or the end of its activity, ends its sessions, all `but` one. */
  function save(request, id, values, { but, absent } = {}) {
    return store.write(() => {
      const user = findUser(id, absent);
      requireSeen(request, userView(user));
      const saved = store.users.change(user, values);
      if ('password_hash' in values || values.active === false) store.sessions.endAll(id, but);
      return userView(saved);
    });
  }

  /** Delete an account with all that is its own. */
  function remove(request, id, absent) {
    store.write(() => {
      requireSeen(request, userView(findUser(id, absent)));
      store.users.delete(id);
    });
  }

  return {
    list_users(request, response) {
      const { locals } = response;
      const page = pageOf(store.users.list(locals.parameters), locals, userView);
      announceLinks(response, page);
      answer(request, response, 200, page);
    },

    get_me(request, response) {
      answer(request, response, 200, userView(findUser(response.locals.caller.userId, 'invalid_token')));
    },

    /** A new password needs the present one, and ends every other session. */
    async update_me(request, response) {
      const { caller, content } = response.locals;
      const user = findUser(caller.userId, 'invalid_token');
      const values = await withNewPassword(content, user);
      const ends = { but: caller.sessionId, absent: 'invalid_token' };
      answer(request, response, 200, save(request, caller.userId, values, ends));
    },

    delete_me(request, response) {
      remove(request, response.locals.caller.userId, 'invalid_token');
      answerNothing(response);
    },

    /** For anyone but itself and admins an account is not there. */
    get_user(request, response) {
      const { caller, parameters } = response.locals;
      if (parameters.user_id !== caller.userId && !caller.isAdmin) throw new Problem('not_found');
      answer(request, response, 200, userView(findUser(parameters.user_id)));
    },

    update_user(request, response) {
      const { content, parameters } = response.locals;
      answer(request, response, 200, save(request, parameters.user_id, content));
    },

    delete_user(request, response) {
      remove(request, response.locals.parameters.user_id);
      answerNothing(response);
    },

    list_user_books(request, response) {
      const { locals } = response;
      const page = cache.find(request, response, () => {
        const owner = findUser(locals.parameters.user_id).id;
        return pageOf(store.books.list({ owner }), locals, bookView);
      });
      announceLinks(response, page);
      answer(request, response, 200, page);
    },
  };
}

/** Put the hash of a new password in its place, if the present one was given. */
async function withNewPassword({ password, current_password: proof = '', ...values }, user) {
  if (password === undefined) return values;
  if (!(await isPassword(user, proof))) {
    const told = fault('/current_password', 'wrong_password', 'A new password needs the present one here.');
    throw new Problem('invalid_content', { faults: [told] });
  }
  return { ...values, password_hash: await hashPassword(password) };
}
