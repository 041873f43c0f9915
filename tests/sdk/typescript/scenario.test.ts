// The TypeScript client against the reference, from the first account to the deleted book.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  ApiError, BadRequest, type Book, Client, ClientError, Conflict, Forbidden, NotFound, NotModified, PreconditionFailed,
  RateLimited, TransportError, Unauthorized, UnprocessableContent, lastResponse,
} from 'bookplate-client';
import { all, baseUrl, open, password, signedIn } from './accounts.js';
import { Interfering } from './interference.js';

const author = 'James Tiptree';
const many = 100; // more than the window admits, however slow the machine is
const titles = [0, 1, 2, 3, 4, 5, 6].map(number => `Volume ${number}`);
let ada: Client;

before(async () => {
  ada = await signedIn();
  for (const title of titles) await ada.books.create({ title, author, price: '5.00' });
});

function dune(): Promise<Book> {
  return ada.books.create({ title: 'Dune', author: 'Frank Herbert', price: '9.99', genre: 'fiction' });
}

type Class<Kind> = abstract new (...given: never[]) => Kind;

async function caught<Kind extends Error>(kind: Class<Kind>, promise: Promise<unknown>): Promise<Kind> {
  const error = await promise.then(() => assert.fail('nothing was thrown'), (thrown: unknown) => thrown);
  assert.ok(error instanceof kind, String(error));
  return error;
}

test('registering twice is a conflict', async () => {
  const email = await open();
  const body = { email, username: 'somebody-else', password };
  const error = await caught(Conflict, new Client(baseUrl).auth.registerUser(body));
  assert.deepEqual([error.status, error.code, error.name], [409, 'conflict', 'Conflict']);
  assert.deepEqual(error.errors.map(fault => fault.pointer), ['/email']);
  assert.equal(error.requestId, error.problem['request_id']);
  assert.match(error.message, /^POST \/auth\/register: 409 conflict: /);
  assert.ok(error instanceof ApiError && error instanceof ClientError);
});

test('signing in leads to the account, and signing out away from it', async () => {
  const client = await signedIn();
  const me = await client.users.getMe();
  assert.deepEqual([me.role, me.tier], ['user', 'free']);
  assert.equal(await client.auth.logOut(), undefined);
  assert.equal((await caught(Unauthorized, client.users.getMe())).code, 'missing_token');
});

test('a bad token is refused', async () => {
  const client = new Client(baseUrl, { token: 'not.a.token' });
  assert.equal((await caught(Unauthorized, client.users.getMe())).code, 'invalid_token');
});

test('a key of one\'s own gets the first answer again', async () => {
  const body = { title: 'Dune', author: 'Frank Herbert', price: '9.99' };
  const first = await ada.books.create(body, { idempotencyKey: 'order-1' });
  const second = await ada.books.create(body, { idempotencyKey: 'order-1' });
  assert.deepEqual(second, first);
  assert.equal(lastResponse(second)?.headers.get('Idempotent-Replayed'), 'true');
  assert.notEqual((await ada.books.create(body)).id, first.id);
});

test('content that breaks the schema is named by pointer', async () => {
  const body = { title: '', author: 'Frank Herbert', price: 'cheap' };
  const error = await caught(UnprocessableContent, ada.books.create(body));
  assert.deepEqual(new Set(error.errors.map(fault => fault.pointer)), new Set(['/price', '/title']));
});

test('a parameter out of range is named by pointer', async () => {
  const error = await caught(BadRequest, all(ada.books.list({ page: 0 })));
  assert.deepEqual(error.errors.map(fault => fault.pointer), ['/query/page']);
});

test('what was read carries its ETag into the change', async () => {
  const changed = await ada.books.update(await dune(), { price: '8.99' });
  const again = await ada.books.update(changed, { genre: null });
  assert.deepEqual([again.price, again.genre], ['8.99', null]);
  assert.deepEqual(await ada.books.get(changed), again);
});

test('a change of what was changed meanwhile is refused', async () => {
  const book = await dune();
  await ada.books.update(book, { price: '8.99' });
  const error = await caught(PreconditionFailed, ada.books.update(book, { price: '7.99' }));
  assert.equal(error.code, 'precondition_failed');
  assert.equal((await ada.books.get(book.id)).price, '8.99');
});

test('a change may name its ETag', async () => {
  const book = await dune();
  await caught(PreconditionFailed, ada.books.update(book.id, { price: '8.99' }, { ifMatch: '"old"' }));
  assert.equal((await ada.books.update(book.id, { price: '8.99' }, { ifMatch: book })).price, '8.99');
});

test('an id alone, an item of a list and a copy carry no ETag', async () => {
  const book = await dune();
  const [item] = await all(ada.books.list({ author }));
  const error = await caught(TypeError, ada.books.update(book.id, { price: '8.99' }));
  assert.match(error.message, /^updateBook: give the object/);
  for (const each of [item ?? assert.fail(), { ...book }]) {
    assert.match((await caught(TypeError, ada.books.update(each, { price: '8.99' }))).message, /came without ETag/);
  }
});

test('an account carries its ETag where no path names it', async () => {
  const client = await signedIn();
  const me = await client.users.updateMe({ display_name: 'Ada' }, { ifMatch: await client.users.getMe() });
  assert.equal(me.display_name, 'Ada');
});

test('a current copy is not sent again', async () => {
  const book = await dune();
  const ifNoneMatch = lastResponse(book)?.headers.get('ETag') ?? assert.fail();
  assert.equal((await caught(NotModified, ada.books.get(book.id, {}, { ifNoneMatch }))).status, 304);
});

test('a list is walked over all its pages', async () => {
  const books = ada.books.list({ author, per_page: 3 });
  assert.deepEqual((await all(books.pages())).map(page => page.items.length), [3, 3, 1]);
  assert.deepEqual((await all(books)).map(book => book.title), titles);
});

test('a walk by cursor meets all while others write', async () => {
  const between = new Interfering();
  const [reader, writer] = [await signedIn({ fetch: between.fetch }), await signedIn()];
  const met: string[] = [];
  for await (const book of reader.books.listFeed({ author, limit: 3 })) {
    met.push(book.title);
    await writer.books.delete(await writer.books.create({ title: 'Meanwhile', author, price: '5.00' }));
  }
  assert.deepEqual(met.sort(), titles);
  assert.equal(between.to('/books/feed').length, 3);
});

test('a limit is waited out', async () => {
  const between = new Interfering();
  const client = await signedIn({ fetch: between.fetch });
  for (let number = 0; number < many && !between.statuses.includes(429); number++) {
    await all(client.books.search({ q: 'nothing is called so' }));
  }
  assert.deepEqual(between.statuses.slice(-2), [429, 200]);
});

test('a limit that lasts too long is told at once', async () => {
  const client = await signedIn({ longestWait: 0.5 });
  const searches = Array.from({ length: 9 }, () => all(client.books.search({ q: 'nothing' })));
  const error = await caught(RateLimited, Promise.all(searches));
  assert.ok([1, 2, 3].includes(error.retryAfter ?? 0));
});

test('the book of another is refused, and a deleted one is gone', async () => {
  const book = await dune();
  await caught(Forbidden, (await signedIn()).books.delete(book));
  assert.equal(await ada.books.delete(book), undefined);
  await caught(NotFound, ada.books.get(book));
});

test('an address without a host is told at once', () => {
  for (const address of ['/api', 'localhost/api', '127.0.0.1:8080/api', '']) {
    assert.throws(() => new Client(address), /baseUrl has to be absolute, such as https:\/\/example\.org\/api/);
  }
});

test('a wrong address is an error of transport, and a wrong path one of the service', async () => {
  const error = await caught(TransportError, new Client('http://127.0.0.1:9/api', { retries: 0 }).system.getHealth());
  assert.ok(!(error instanceof ApiError));
  await caught(NotFound, new Client(baseUrl.replace(/\/api$/, '')).system.getHealth());
});
