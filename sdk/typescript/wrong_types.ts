// Calls that the compiler must refuse; never run. Each wrong line names the code it is refused with.

import {
  type Book, type BookInput, type BookPatch, type Problem,
  createBook, getBook, listBooks, registerUser, updateBook,
} from '../typescript/index.js';

const patch: BookPatch = { price: '1.00' };
const body = { email: 'ada@example.com', password: 'correct horse battery' };

await registerUser({ body }); // refused: TS2741
await getBook({}); // refused: TS2345
await getBook({ path: { book_id: '7' } }); // refused: TS2322
await listBooks({ query: { page: '1' } }); // refused: TS2322
await listBooks({ query: { sort: 'colour' } }); // refused: TS2322
await listBooks({ query: { colour: 'red' } }); // refused: TS2353
await updateBook({ path: { book_id: 7 }, body: patch }); // refused: TS2345
await createBook({ body: patch }); // refused: TS2322

export const cheap: BookInput = { title: 'Dune', author: 'Frank Herbert' }; // refused: TS2741
export const numeric: BookInput = { title: 'Dune', author: 'Frank Herbert', price: 9.99 }; // refused: TS2322
export const cookery: BookInput = { title: 'Dune', author: 'Frank Herbert', price: '9.99', genre: 'cookery' }; // refused: TS2322
export const untitled: BookPatch = { title: null }; // refused: TS2322

export function isDune(book: Book): boolean {
  return book.titel === 'Dune'; // refused: TS2551
}

export function isKnown(problem: Problem): boolean {
  return problem.code === 'nonsense'; // refused: TS2367
}

const answer = await getBook({ path: { book_id: 7 } });
export const title = answer.data.title; // refused: TS18048
