/** Books in numbers: pages, the feed, search, the most viewed, and counts. */

import { answer } from '../answers.js';
import { bookView } from '../books.js';
import { announceLinks, pageOf } from '../pages.js';

export function listRoutes({ contract, store, cache, cursors }) {
  const mostPopular = contract.schema('PopularBooks', 'items').maxItems;

  function answerPage(request, response, filters, sort) {
    const page = cache.find(request, response, () =>
      pageOf(store.books.list(filters, sort), response.locals, bookView),
    );
    announceLinks(response, page);
    answer(request, response, 200, page);
  }

  return {
    list_books(request, response) {
      const { genre, author, year_from, year_to, sort } = response.locals.parameters;
      answerPage(request, response, { genre, author, year_from, year_to }, sort);
    },

    search_books(request, response) {
      const { q } = response.locals.parameters;
      answerPage(request, response, { q });
    },

    /** Walk all books by cursor, newest first. */
    list_books_feed(request, response) {
      const { genre, author, cursor, limit } = response.locals.parameters;
      const walk = [genre ?? null, author ?? null];
      const before = cursor === undefined ? undefined : cursors.read(walk, cursor);
      const feed = cache.find(request, response, () => {
        const found = store.books.list({ genre, author, before }, '-id').rows(limit + 1, 0);
        const items = found.slice(0, limit).map(bookView);
        const hasMore = found.length > limit;
        return { items, has_more: hasMore, next_cursor: hasMore ? cursors.write(walk, items.at(-1).id) : null };
      });
      answer(request, response, 200, feed);
    },

    list_popular_books(request, response) {
      const popular = cache.find(request, response, () => {
        const rows = store.books.mostViewed.all(mostPopular);
        return { items: rows.map((row) => ({ book: bookView(row), views: row.views })) };
      });
      answer(request, response, 200, popular);
    },

    get_book_statistics(request, response) {
      answer(request, response, 200, cache.find(request, response, () => store.books.count()));
    },
  };
}
