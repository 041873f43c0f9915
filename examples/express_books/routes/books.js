/** Books: public to read, written by their owner or an admin. */

import { answer, answerNothing } from '../answers.js';
import { bookValues, bookView } from '../books.js';
import { requireSeen } from '../conditions.js';
import { once } from '../idempotency.js';
import { Problem } from '../problems.js';

// What a replacement leaves out becomes null.
const EMPTY = { isbn: null, published_year: null, genre: null };

export function bookRoutes({ contract, store, cache }) {
  function findBook(id) {
    const book = store.books.find(id);
    if (!book) throw new Problem('not_found', { detail: 'There is no book with this id.' });
    return book;
  }

  /** A book that this caller may write, and has seen as it is. */
  function ownBook(request, { caller, parameters }) {
    const book = findBook(parameters.book_id);
    if (book.owner_id !== caller.userId && !caller.isAdmin) {
      throw new Problem('forbidden', { detail: 'Only the owner may do this.' });
    }
    requireSeen(request, bookView(book));
    return book;
  }

  function save(request, response, values) {
    const book = store.write(() => store.books.change(ownBook(request, response.locals), values));
    answer(request, response, 200, bookView(book));
  }

  return {
    /** Add a book, once per Idempotency-Key. */
    create_book(request, response) {
      const { caller, content, parameters } = response.locals;
      const values = { ...EMPTY, ...bookValues(content) };
      const make = () => bookView(store.books.create(caller.userId, values));
      const key = parameters['Idempotency-Key'];
      const { answer: book, isReplay } = store.write(() =>
        once(store.keptAnswers, caller.userId, key, Object.entries(values).sort(), make),
      );
      response.location(`${contract.basePath}/books/${book.id}`);
      if (isReplay) response.set('Idempotent-Replayed', 'true');
      answer(request, response, 201, book);
    },

    /** Read a book; unless the answer becomes a 304, that is a view, which no cached answer has to know at once. */
    get_book(request, response) {
      const { book_id: id } = response.locals.parameters;
      const book = cache.find(request, response, () => bookView(findBook(id)));
      answer(request, response, 200, book);
      if (request.method === 'GET' && response.statusCode === 200) store.books.countView(id);
    },

    replace_book(request, response) {
      save(request, response, { ...EMPTY, ...bookValues(response.locals.content) });
    },

    update_book(request, response) {
      save(request, response, bookValues(response.locals.content));
    },

    delete_book(request, response) {
      store.write(() => store.books.delete(ownBook(request, response.locals).id));
      answerNothing(response);
    },
  };
}
