/** Accounts in the store; `..._key` columns hold the canonical form of what must be unique. */

import { valuesThatChange } from './changes.js';

const KEYS = { email: 'email_key', username: 'username_key' };

/** What an answer shows of an account. */
export function userView(row) {
  const { id, email, username, display_name, role, tier, active, created_at, updated_at } = row;
  return { id, email, username, display_name, role, tier, active: Boolean(active), created_at, updated_at };
}

/** The form in which emails and usernames are compared. */
export function canonical(identifier) {
  return identifier.toLowerCase();
}

export class Users {
  constructor(database) {
    this.database = database;
    this.byId = database.prepare('SELECT * FROM users WHERE id = ?');
    this.byEmail = database.prepare('SELECT * FROM users WHERE email_key = ?');
    this.remove = database.prepare('DELETE FROM users WHERE id = ?');
    this.insert = database.prepare(`
      INSERT INTO users
        (email, email_key, username, username_key, display_name, password_hash, role, created_at, updated_at)
      VALUES (:email, :email_key, :username, :username_key, :display_name, :password_hash, :role, :moment, :moment)
    `);
  }

  find(id) {
    return this.byId.get(id);
  }

  findByEmail(email) {
    return this.byEmail.get(canonical(email));
  }

  create({ email, username, display_name = null }, passwordHash, role = 'user') {
    const moment = new Date().toISOString();
    const values = withKeys({ email, username, display_name, password_hash: passwordHash });
    return this.find(this.insert.run({ ...values, role, moment }).lastInsertRowid);
  }

  /** Set what is new; a row to which nothing is new keeps its ETag. */
  change(row, values) {
    const stored = 'active' in values ? { ...values, active: Number(values.active) } : values;
    const news = valuesThatChange(row, withKeys(stored));
    if (news) this.database.prepare(`UPDATE users SET ${news.assignments} WHERE id = :id`).run(news.values);
    return this.find(row.id);
  }

  delete(id) {
    this.remove.run(id);
  }

  /** The accounts that match every filter, by ascending id. */
  list({ role, tier }) {
    const where = `WHERE (:role IS NULL OR role = :role) AND (:tier IS NULL OR tier = :tier)`;
    const filters = { role: role ?? null, tier: tier ?? null };
    const count = this.database.prepare(`SELECT count(*) FROM users ${where}`).pluck();
    const select = this.database.prepare(`SELECT * FROM users ${where} ORDER BY id LIMIT :limit OFFSET :offset`);
    return {
      total: () => count.get(filters),
      rows: (limit, offset) => select.all({ ...filters, limit, offset }),
    };
  }
}

/** Add the canonical forms of what must be unique. */
function withKeys(values) {
  const keys = Object.entries(KEYS).filter(([name]) => name in values);
  return { ...values, ...Object.fromEntries(keys.map(([name, key]) => [key, canonical(values[name])])) };
}
