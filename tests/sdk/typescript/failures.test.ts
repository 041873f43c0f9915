// The TypeScript client where something goes wrong: which requests are sent again, and what is told.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  ApiError, Client, RequestTimeout, ServerError, type TokenPair, type TokenStore, TransportError, Unauthorized,
  UnexpectedStatus, UnreadableAnswer, lastResponse,
} from 'bookplate-client';
import { all, baseUrl, signedIn, tokenSeconds } from './accounts.js';
import { Interfering, answering, broken, unavailable } from './interference.js';

const dune = { title: 'Dune', author: 'Frank Herbert', price: '9.99' };
const calls = 20;

class Notebook implements TokenStore {
  readonly kept: (TokenPair | undefined)[] = [];

  async load(): Promise<TokenPair | undefined> {
    return this.kept.at(-1);
  }

  async save(tokens: TokenPair | undefined): Promise<void> {
    this.kept.push(tokens);
  }
}

test('503 is asked again, after what Retry-After says', async () => {
  const between = new Interfering(unavailable(), unavailable({ 'Retry-After': '1' }));
  const started = Date.now();
  await new Client(baseUrl, { fetch: between.fetch }).system.getHealth();
  assert.equal(between.requests.length, 3);
  assert.ok(Date.now() - started >= 1000);
});

test('at last 503 is told', async () => {
  const between = new Interfering(...Array.from({ length: 9 }, () => unavailable()));
  const client = new Client(baseUrl, { fetch: between.fetch, retries: 2 });
  await assert.rejects(client.system.getHealth(), { name: 'ServerError', code: 'unavailable' });
  assert.equal(between.requests.length, 3);
  await assert.rejects(client.system.getHealth({ retries: 0 }), ServerError);
  assert.equal(between.requests.length, 4);
});

test('a book whose answer got lost is made once', async () => {
  const between = new Interfering();
  const client = await signedIn({ fetch: between.fetch });
  between.loseAnswers = 2;
  const book = await client.books.create({ title: 'Lost and found', author: 'Answer Lost Twice', price: '1.00' });
  assert.deepEqual((await all(client.books.list({ author: 'Answer Lost Twice' }))).map(each => each.id), [book.id]);
  const sent = between.to('/books').filter(each => each.method === 'POST');
  const keys = sent.map(each => each.headers.get('Idempotency-Key'));
  assert.deepEqual([keys.length, new Set(keys).size], [3, 1]);
  assert.equal(lastResponse(book)?.headers.get('Idempotent-Replayed'), 'true');
});

test('a change whose answer got lost is not sent again', async () => {
  const between = new Interfering();
  const client = await signedIn({ fetch: between.fetch });
  const book = await client.books.create(dune);
  between.loseAnswers = 1;
  await assert.rejects(client.books.update(book, { price: '8.99' }), TransportError);
  const changed = await client.books.get(book);
  assert.equal(changed.price, '8.99');
  between.loseAnswers = 1;
  await assert.rejects(client.books.replace(changed, { ...dune, price: '7.99' }), TransportError);
  assert.equal(between.requests.filter(each => ['PATCH', 'PUT'].includes(each.method)).length, 2);
});

test('a key that is in flight is waited for only after an answer got lost', async () => {
  const inFlight = answering(409, { status: 409, code: 'idempotency_key_in_flight', title: 'Conflict' });
  const between = new Interfering();
  const client = await signedIn({ fetch: between.fetch });
  between.planned = [inFlight];
  await assert.rejects(client.books.create(dune), ApiError);
  const book = await client.books.create(dune, { idempotencyKey: 'lost-1' });
  between.planned = [broken, inFlight];
  assert.equal((await client.books.create(dune, { idempotencyKey: 'lost-1' })).id, book.id);
});

test('a token that expires with many calls in flight is renewed once', async () => {
  const between = new Interfering();
  const client = await signedIn({ fetch: between.fetch });
  await wait((tokenSeconds + 1) * 1000);
  const found = await Promise.all(Array.from({ length: calls }, () => client.users.getMe()));
  assert.equal(new Set(found.map(user => user.id)).size, 1);
  assert.equal(between.to('/auth/refresh').length, 1);
  assert.equal(between.to('/users/me').length, 2 * calls);
});

test('tokens are kept where somebody wants them', async () => {
  const tokens = new Notebook();
  await signedIn({ tokens });
  const first = (await tokens.load()) ?? assert.fail();
  assert.ok((first.expiresAt ?? 0) > Date.now() - 1000 && (first.expiresAt ?? 0) <= Date.now() + tokenSeconds * 1000);
  await tokens.save({ access: 'spent.and.gone', refresh: first.refresh });
  const client = new Client(baseUrl, { tokens });
  await client.users.getMe();
  const renewed = (await tokens.load()) ?? assert.fail();
  assert.notEqual(renewed.access, 'spent.and.gone');
  assert.notEqual(renewed.refresh, first.refresh);
  await client.auth.logOut();
  assert.equal(await tokens.load(), undefined);
});

test('a refused refresh ends the session', async () => {
  const [tokens, between] = [new Notebook(), new Interfering()];
  await tokens.save({ access: 'spent.and.gone', refresh: '0'.repeat(43) });
  const client = new Client(baseUrl, { tokens, fetch: between.fetch });
  await assert.rejects(client.users.getMe(), Unauthorized);
  await assert.rejects(client.users.getMe(), Unauthorized);
  assert.equal(await tokens.load(), undefined);
  assert.equal(between.to('/auth/refresh').length, 1);
});

test('a refresh that nobody answers ends no session', async () => {
  const [tokens, between] = [new Notebook(), new Interfering()];
  const client = await signedIn({ tokens, fetch: between.fetch, retries: 0 });
  await tokens.save({ access: 'spent.and.gone', refresh: (await tokens.load())?.refresh });
  between.planned = [() => undefined, broken];
  await assert.rejects(client.users.getMe(), TransportError);
  await client.users.getMe();
  assert.equal(between.to('/auth/refresh').length, 2);
});

test('a call that is aborted ends with the reason, and the next one goes on', async () => {
  const between = new Interfering(async request => {
    await wait(30_000, undefined, { signal: request.signal });
    return undefined;
  });
  const client = new Client(baseUrl, { fetch: between.fetch });
  const abort = new AbortController();
  const call = client.system.getHealth({ signal: abort.signal });
  setTimeout(() => abort.abort(new Error('the page was left')), 100);
  await assert.rejects(call, /the page was left/);
  assert.equal(between.requests.length, 1);
  await client.system.getHealth();

  const waiting = new Interfering(unavailable({ 'Retry-After': '30' }));
  const stop = AbortSignal.timeout(200);
  const patient = new Client(baseUrl, { fetch: waiting.fetch });
  await assert.rejects(patient.system.getHealth({ signal: stop }), { name: 'TimeoutError' });
});

test('an answer that does not come in time is told', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => silent.once('listening', resolve));
  const { port } = silent.address() as { port: number };
  const client = new Client(`http://127.0.0.1:${port}/api`, { timeout: 200, retries: 1 });
  const started = Date.now();
  const error = await client.system.getHealth().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RequestTimeout && error instanceof TransportError);
  assert.ok(Date.now() - started >= 400);
  silent.close();
});

test('a member and a value that the contract does not know are no error', async () => {
  const between = new Interfering();
  const client = await signedIn({ fetch: between.fetch });
  const book = await client.books.create(dune);
  between.planned = [async request => {
    const content = await (await fetch(request)).json();
    return Response.json({ ...content, genre: 'cookery', blurb: 'new' });
  }];
  const found: object = await client.books.get(book.id);
  assert.deepEqual([Reflect.get(found, 'genre'), Reflect.get(found, 'blurb')], ['cookery', 'new']);
});

test('a status that the contract does not know is told', async () => {
  for (const [status, kind] of [[418, ApiError], [507, ServerError], [202, UnexpectedStatus]] as const) {
    const problem = { status, code: 'newer_than_this_client', errors: [{ pointer: '/x' }] };
    const between = new Interfering(answering(status, problem, { 'X-Request-Id': 'planned-2' }));
    await assert.rejects(new Client(baseUrl, { fetch: between.fetch }).system.getHealth(), (error: unknown) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.constructor, error.status, error.code], [kind, status, 'newer_than_this_client']);
      assert.deepEqual([error.requestId, error.errors], ['planned-2', [{ pointer: '/x' }]]);
      return true;
    });
  }
});

test('an error that is no problem is told by its status', async () => {
  const answer = () => new Response('<h1>Bad gateway</h1>', { status: 502, statusText: 'Bad Gateway' });
  const client = new Client(baseUrl, { fetch: new Interfering(answer).fetch, retries: 0 });
  await assert.rejects(client.system.getHealth(), (error: unknown) => {
    assert.ok(error instanceof ServerError);
    assert.deepEqual([error.status, error.code, error.requestId], [502, undefined, undefined]);
    assert.equal(error.message, 'GET /health: 502: Bad Gateway');
    return true;
  });
});

test('a success that is no JSON is told', async () => {
  const headers = { 'Content-Type': 'text/html' };
  const between = new Interfering(() => new Response('<h1>Welcome to the network of this hotel</h1>', { headers }));
  await assert.rejects(new Client(baseUrl, { fetch: between.fetch }).system.getHealth(), (error: unknown) => {
    assert.ok(error instanceof UnreadableAnswer && !(error instanceof ApiError));
    assert.equal(error.message, 'GET /health: 200, but its content cannot be read');
    return true;
  });
});
