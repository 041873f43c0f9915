/** Books in the store; money is kept in cents. */

import { valuesThatChange } from './changes.js';
import { asIsbn13 } from './schemas.js';

const SORTABLE = {
  title: 'title',
  author: 'author',
  published_year: 'published_year',
  price: 'cents',
  created_at: 'created_at',
};
const FILTERS = {
  genre: 'genre = :genre',
  author: 'author = :author',
  year_from: 'published_year >= :year_from',
  year_to: 'published_year <= :year_to',
  owner: 'owner_id = :owner',
  before: 'id < :before',
  // The line break keeps a match from spanning title and author.
  q: `instr(fold(title || char(10) || author), fold(:q)) > 0`,
};

/** What an answer shows of a book. */
export function bookView(row) {
  const { id, owner_id, title, author, isbn, published_year, genre, cents, created_at, updated_at } = row;
  const price = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
  return { id, owner_id, title, author, isbn, published_year, genre, price, created_at, updated_at };
}

/** What the store keeps of content. */
export function bookValues({ price, isbn, ...values }) {
  const kept = { ...values };
  if (isbn !== undefined) kept.isbn = isbn === null ? null : asIsbn13(isbn);
  if (price !== undefined) kept.cents = Number(price.replace('.', ''));
  return kept;
}

export class Books {
  constructor(database) {
    this.database = database;
    this.byId = database.prepare('SELECT * FROM books WHERE id = ?');
    this.remove = database.prepare('DELETE FROM books WHERE id = ?');
    this.view = database.prepare('UPDATE books SET views = views + 1 WHERE id = ?');
    this.mostViewed = database.prepare('SELECT * FROM books ORDER BY views DESC, id LIMIT ?');
    this.genres = database.prepare('SELECT genre, count(*) AS books FROM books GROUP BY genre');
    this.decades = database.prepare(`
      SELECT published_year / 10 * 10 AS decade, count(*) AS books FROM books GROUP BY decade
    `);
    this.views = database.prepare('SELECT coalesce(sum(views), 0) FROM books').pluck();
    this.insert = database.prepare(`
      INSERT INTO books (owner_id, title, author, isbn, published_year, genre, cents, created_at, updated_at)
      VALUES (:owner, :title, :author, :isbn, :published_year, :genre, :cents, :moment, :moment)
    `);
  }

  find(id) {
    return this.byId.get(id);
  }

  create(owner, values) {
    const moment = new Date().toISOString();
    return this.find(this.insert.run({ owner, ...values, moment }).lastInsertRowid);
  }

  /** Set what is new; a row to which nothing is new keeps its ETag. */
  change(row, values) {
    const news = valuesThatChange(row, values);
    if (news) this.database.prepare(`UPDATE books SET ${news.assignments} WHERE id = :id`).run(news.values);
    return this.find(row.id);
  }

  delete(id) {
    this.remove.run(id);
  }

  countView(id) {
    this.view.run(id);
  }

  /** The books that match every filter; what has no value to sort by comes last, and ties stand by ascending id. */
  list(filters, sort) {
    const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
    const conditions = Object.keys(given).map((name) => FILTERS[name]);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const count = this.database.prepare(`SELECT count(*) FROM books ${where}`).pluck();
    const select = this.database.prepare(`SELECT * FROM books ${where} ${orderBy(sort)} LIMIT :limit OFFSET :offset`);
    return {
      total: () => count.get(given),
      rows: (limit, offset) => select.all({ ...given, limit, offset }),
    };
  }

  /** How many books there are, in all, by genre and by decade, and how often they were viewed. */
  count() {
    const genres = this.genres.all();
    return {
      total_books: genres.reduce((total, { books }) => total + books, 0),
      total_views: this.views.get(),
      genres,
      decades: this.decades.all(),
    };
  }
}

function orderBy(sort = 'id') {
  if (sort === 'id' || sort === '-id') return sort === 'id' ? 'ORDER BY id' : 'ORDER BY id DESC';
  const column = SORTABLE[sort.replace('-', '')];
  return `ORDER BY ${column} ${sort.startsWith('-') ? 'DESC' : 'ASC'} NULLS LAST, id`;
}
