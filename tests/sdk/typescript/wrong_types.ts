// Calls that the compiler must refuse; never run. Each wrong line names the code it is refused with.

import { type ApiError, type Book, type BookInput, type BookPatch, Client, type User } from 'bookplate-client';

new Client(); // refused: TS2554
const client = new Client('https://example.org/api', { token: 'none' });
const patch: BookPatch = { price: '1.00' };

await client.auth.registerUser({ email: 'ada@example.com', password: 'correct horse battery' }); // refused: TS2345
await client.books.get(); // refused: TS2554
await client.books.get('7'); // refused: TS2345
client.books.list({ page: '1' }); // refused: TS2322
client.books.list({ sort: 'colour' }); // refused: TS2322
client.books.list({ colour: 'red' }); // refused: TS2353
await client.books.create(patch); // refused: TS2345
await client.users.updateMe({ display_name: 'Ada' }); // refused: TS2554
client.lists; // refused: TS2339

export const cheap: BookInput = { title: 'Dune', author: 'Frank Herbert' }; // refused: TS2741
export const numeric: BookInput = { title: 'Dune', author: 'Frank Herbert', price: 9.99 }; // refused: TS2322
export const cookery: BookInput = { title: 'Dune', author: 'Frank Herbert', price: '9.99', genre: 'cookery' }; // refused: TS2322
export const untitled: BookPatch = { title: null }; // refused: TS2322

export async function change(book: Book, user: User): Promise<boolean> {
  await client.books.update(user, patch); // refused: TS2345
  await client.books.update(book, { colour: 'red' }); // refused: TS2353
  return book.titel === 'Dune'; // refused: TS2551
}

export const code = (error: ApiError): number => error.code; // refused: TS2322

for await (const user of client.books.list()) console.log(user.email); // refused: TS2339
