/**
 * The SQLite file, and all that is asked of it.
 *
 * better-sqlite3 answers at once: what happens between two `await`s is one step that no other request can come between.
 */

import Database from 'better-sqlite3';
import { Books } from './books.js';
import { Problem, fault } from './problems.js';
import { Sessions } from './sessions.js';
import { Users } from './users.js';

// Ids are never used again, not even that of the last row. Moments are text, in which order is time.
const TABLES = `
  CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL UNIQUE,
    display_name TEXT,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT 'user',
    tier TEXT NOT NULL DEFAULT 'free',
    active INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE
  );
  CREATE INDEX IF NOT EXISTS sessions_of_users ON sessions (user_id);
  CREATE TABLE IF NOT EXISTS refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER,
    next_hash TEXT
  );
  CREATE INDEX IF NOT EXISTS refresh_tokens_of_sessions ON refresh_tokens (session_id);
  CREATE TABLE IF NOT EXISTS books (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    isbn TEXT UNIQUE,
    published_year INTEGER,
    genre TEXT,
    cents INTEGER NOT NULL,
    views INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS books_of_users ON books (owner_id);
  CREATE TABLE IF NOT EXISTS kept_answers (
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    key TEXT NOT NULL,
    sent TEXT NOT NULL,
    answer TEXT NOT NULL,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
  );
`;

/** The store of one service; `afterWrite` is called when a change can be read. */
export class Store {
  #database;
  #afterWrite;

  constructor(file, afterWrite = () => {}) {
    this.#database = new Database(file, { timeout: 10_000 });
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('synchronous = NORMAL');
    this.#database.pragma('foreign_keys = ON');
    this.#database.function('fold', { deterministic: true }, fold);
    this.#database.exec(TABLES);
    this.#afterWrite = afterWrite;
    this.users = new Users(this.#database);
    this.sessions = new Sessions(this.#database);
    this.books = new Books(this.#database);
    this.keptAnswers = new KeptAnswers(this.#database);
  }

  /** Do something in a transaction; what breaks a unique index is a conflict. */
  write(change) {
    try {
      const result = this.writeQuietly(change);
      this.#afterWrite();
      return result;
    } catch (error) {
      if (error.code === 'SQLITE_CONSTRAINT_UNIQUE') throw conflict(error);
      throw error;
    }
  }

  /** Do something in a transaction that no cached answer has to know. */
  writeQuietly(change) {
    return this.#database.transaction(change).immediate();
  }

  /** Throw an Error where the file cannot be written. */
  check() {
    this.writeQuietly(() => this.#database.prepare('SELECT 1').get());
  }

  close() {
    this.#database.close();
  }
}

/** Answers that an Idempotency-Key keeps. */
class KeptAnswers {
  constructor(database) {
    this.forgetOld = database.prepare('DELETE FROM kept_answers WHERE kept_until <= ?');
    this.select = database.prepare('SELECT sent, answer FROM kept_answers WHERE user_id = ? AND key = ?');
    this.insert = database.prepare('INSERT INTO kept_answers VALUES (?, ?, ?, ?, ?)');
  }

  find(userId, key) {
    this.forgetOld.run(Date.now());
    return this.select.get(userId, key);
  }

  keep(userId, key, sent, answer, keptUntil) {
    this.insert.run(userId, key, sent, answer, keptUntil);
  }
}

function conflict(error) {
  const [, column] = /\w+\.(\w+)/.exec(error.message);
  const taken = fault(`/${column.replace(/_key$/, '')}`, 'taken', 'This value is taken.');
  return new Problem('conflict', { faults: [taken] });
}

/** Text without a difference of case, letter by letter: what a letter becomes must not depend on its neighbours. */
export function fold(text) {
  return [...text].map((letter) => letter.toUpperCase().toLowerCase()).join('');
}
