/** Sessions, and their refresh tokens by hash; a spent one stays, so that its reuse is seen. */

import { createHash, randomBytes } from 'node:crypto';

export class Sessions {
  constructor(database) {
    this.insert = database.prepare('INSERT INTO sessions (user_id) VALUES (?)');
    this.remove = database.prepare('DELETE FROM sessions WHERE id = ?');
    this.removeOthers = database.prepare('DELETE FROM sessions WHERE user_id = ? AND id <> ?');
    this.live = database.prepare(`
      SELECT users.* FROM users JOIN sessions ON sessions.user_id = users.id
      WHERE sessions.id = :sessionId AND users.id = :userId AND users.active
    `);
    this.token = database.prepare(`
      SELECT refresh_tokens.*, sessions.user_id, users.active FROM refresh_tokens
      JOIN sessions ON sessions.id = session_id JOIN users ON users.id = user_id
      WHERE token_hash = ?
    `);
    this.insertToken = database.prepare(`
      INSERT INTO refresh_tokens (token_hash, session_id, expires_at) VALUES (?, ?, ?)
    `);
    this.spendToken = database.prepare('UPDATE refresh_tokens SET spent_at = ?, next_hash = ? WHERE token_hash = ?');
  }

  /** The account that a token stands for, if its session lives and the account is active. */
  userOf({ userId, sessionId }) {
    return this.live.get({ userId, sessionId });
  }

  /** Begin a session; return its id and its first refresh token. */
  begin(userId, lifetime) {
    const sessionId = Number(this.insert.run(userId).lastInsertRowid);
    return { userId, sessionId, refreshToken: this.#issue(sessionId, lifetime) };
  }

  /** Exchange a refresh token; undefined for a bad one, and a spent one ends its session (RFC 9700, section 4.14). */
  rotate(token, lifetime, grace) {
    const found = this.token.get(hashOf(token));
    if (!found) return undefined;
    if (found.spent_at !== null) {
      if (!this.#isForgiven(found, grace)) this.end(found.session_id);
      return undefined;
    }
    if (found.expires_at <= Date.now() || !found.active) return undefined;
    const refreshToken = this.#issue(found.session_id, lifetime);
    this.spendToken.run(Date.now(), hashOf(refreshToken), found.token_hash);
    return { userId: found.user_id, sessionId: found.session_id, refreshToken };
  }

  end(sessionId) {
    this.remove.run(sessionId);
  }

  /** End the sessions of an account, all but one if need be. */
  endAll(userId, but = 0) {
    this.removeOthers.run(userId, but);
  }

  /** Tell whether a spent token was exchanged just now, and what took its place is still the present one. */
  #isForgiven(spent, grace) {
    const isRecent = Math.abs(Date.now() - spent.spent_at) < grace * 1000;
    return isRecent && this.token.get(spent.next_hash)?.spent_at === null;
  }

  /** A new refresh token of a session; only its hash is kept. */
  #issue(sessionId, lifetime) {
    const token = randomBytes(32).toString('base64url');
    this.insertToken.run(hashOf(token), sessionId, Date.now() + lifetime * 1000);
    return token;
  }
}

function hashOf(token) {
  return createHash('sha256').update(token).digest('hex');
}
