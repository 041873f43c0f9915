// The TypeScript client against a running service at BASE_URL, from the first account to the deleted book.

import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, createClient, createConfig } from '../typescript/client/index.js';
import {
  type Book, type BookFeed, type BookInput, type BookPage, type Problem, type User,
  createBook, deleteBook, getBook, getMe, listBooks, listBooksFeed, logIn, registerUser, searchBooks, updateBook,
} from '../typescript/index.js';

type Answer<Data> = { data: Data | undefined; error: Problem | undefined; response?: Response };
type Account = { user: User; client: Client };

const baseUrl = process.env['BASE_URL'] ?? assert.fail('BASE_URL is not set');
const password = 'correct horse battery';
const dune: BookInput = { title: 'Dune', author: 'Frank Herbert', price: '9.99', genre: 'fiction' };
const author = 'Ursula Le Guin';
const volumes = 7;

function expectData<Data>(status: number, answer: Answer<Data>): Data {
  assert.equal(answer.response?.status, status, JSON.stringify(answer.error));
  return answer.data ?? assert.fail('the answer has no content');
}

function expectProblem(status: number, code: Problem['code'], answer: Answer<unknown>): Problem {
  assert.equal(answer.response?.status, status);
  const problem = answer.error ?? assert.fail('the answer has no problem');
  assert.deepEqual([problem.status, problem.code], [status, code]);
  assert.equal(problem.request_id, answer.response.headers.get('X-Request-Id'));
  return problem;
}

function etag(answer: { response?: Response }): string {
  return answer.response?.headers.get('ETag') ?? assert.fail('the answer has no ETag');
}

function connect(token?: string): Client {
  return createClient(createConfig({ baseUrl, auth: () => token }));
}

async function openAccount(name: string): Promise<Account> {
  const client = connect();
  const email = `${name}@example.com`;
  const user = expectData(201, await registerUser({ client, body: { email, username: name, password } }));
  expectProblem(409, 'conflict', await registerUser({ client, body: { email, username: `${name}-2`, password } }));
  const tokens = expectData(200, await logIn({ client, body: { email, password } }));
  return { user, client: connect(tokens.access_token) };
}

async function signIn({ user, client }: Account): Promise<void> {
  assert.deepEqual(expectData(200, await getMe({ client })), user);
  expectProblem(401, 'invalid_token', await getMe({ client: connect('not.a.token') }));
}

async function create({ client }: Account): Promise<{ book: Book; tag: string }> {
  const headers = { 'Idempotency-Key': 'order-1' };
  const first = await createBook({ client, body: dune, headers });
  const again = await createBook({ client, body: dune, headers });
  const book = expectData(201, first);
  assert.deepEqual(expectData(201, again), book);
  assert.equal(again.response?.headers.get('Idempotent-Replayed'), 'true');
  const wrong = await createBook({ client, body: { ...dune, title: '', price: 'cheap' } });
  const faults = expectProblem(422, 'invalid_content', wrong).errors ?? [];
  assert.deepEqual(new Set(faults.map(fault => fault.pointer)), new Set(['/title', '/price']));
  return { book, tag: etag(first) };
}

async function change({ client }: Account, book: Book, tag: string): Promise<string> {
  const path = { book_id: book.id };
  const stale = await updateBook({ client, path, headers: { 'If-Match': '"old"' }, body: { price: '1.00' } });
  expectProblem(412, 'precondition_failed', stale);
  const held = await getBook({ client, path, headers: { 'If-None-Match': tag } });
  assert.deepEqual([held.response?.status, held.data], [304, undefined]);
  const patched = await updateBook({ client, path, headers: { 'If-Match': tag }, body: { genre: null } });
  const { genre, price } = expectData(200, patched);
  assert.deepEqual([genre, price], [null, book.price]);
  return etag(patched);
}

async function walkPages(client: Client): Promise<void> {
  const found: number[] = [];
  let total = 0;
  for (let page: number | null = 1; page !== null;) {
    const content: BookPage = expectData(200, await listBooks({ client, query: { author, page, per_page: 3 } }));
    found.push(...content.items.map(book => book.id));
    total = content.pagination.total_items;
    page = content.pagination.next_page;
  }
  assert.deepEqual([found.length, new Set(found).size], [total, volumes]);
  const faults = expectProblem(400, 'invalid_parameter', await listBooks({ client, query: { page: 0 } })).errors ?? [];
  assert.deepEqual(faults.map(fault => fault.pointer), ['/query/page']);
}

async function walkCursors(client: Client): Promise<void> {
  const found: number[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const content: BookFeed = expectData(200, await listBooksFeed({ client, query: { author, cursor, limit: 3 } }));
    found.push(...content.items.map(book => book.id));
    assert.equal(content.has_more, content.next_cursor !== null);
    cursor = content.next_cursor;
  }
  assert.deepEqual([found.length, new Set(found).size], [volumes, volumes]);
}

async function exhaust({ client }: Account): Promise<void> {
  const search = () => searchBooks({ client, query: { q: 'dune' } });
  let answer = await search();
  for (let tries = 0; tries < 100 && answer.response?.status === 200; tries++) answer = await search();
  const { retry_after } = expectProblem(429, 'rate_limited', answer);
  assert.equal(answer.response?.headers.get('Retry-After'), String(retry_after));
  await wait((retry_after ?? assert.fail('the problem has no retry_after')) * 1000);
  expectData(200, await search());
}

async function remove(owner: Account, other: Account, book: Book, tag: string): Promise<void> {
  const request = { path: { book_id: book.id }, headers: { 'If-Match': tag } };
  expectProblem(403, 'forbidden', await deleteBook({ client: other.client, ...request }));
  assert.equal((await deleteBook({ client: owner.client, ...request })).response?.status, 204);
  expectProblem(404, 'not_found', await getBook({ client: owner.client, path: request.path }));
}

const [owner, other] = [await openAccount('ursula'), await openAccount('mary')];
await signIn(owner);
const { book, tag } = await create(owner);
const changed = await change(owner, book, tag);
for (let number = 0; number < volumes; number++) {
  expectData(201, await createBook({ client: owner.client, body: { title: `Volume ${number}`, author, price: '5.00' } }));
}
await walkPages(connect());
await walkCursors(connect());
await exhaust(owner);
await remove(owner, other, book, changed);
console.log('passed');
