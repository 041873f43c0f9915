// What a page does with the TypeScript client: test_typescript_browser.py bundles it and calls `visit`.

import { Client, PreconditionFailed, TransportError, lastResponse } from 'bookplate-client';

async function visit(baseUrl) {
  const client = new Client(baseUrl);
  const [email, password] = ['page@example.com', 'correct horse battery'];
  await client.auth.registerUser({ email, username: 'page', password });
  await client.auth.logIn({ email, password });
  const created = [];
  for (const title of ['One', 'Two', 'Three', 'Four', 'Five']) {
    created.push(await client.books.create({ title, author: 'A Page', price: '5.00' }));
  }
  const [book] = created;
  const changed = await client.books.update(book, { price: '6.00' });
  const refused = await client.books.update(book, { price: '7.00' }).catch(error => error);
  const pages = [];
  for await (const page of client.books.list({ author: 'A Page', per_page: 2 }).pages()) pages.push(page.items.length);
  const closed = new AbortController();
  closed.abort(new Error('the page was left'));
  const aborted = await client.books.get(book, {}, { signal: closed.signal }).catch(error => error);
  const elsewhere = new Client('http://127.0.0.1:9/api', { retries: 0 });
  const blocked = await elsewhere.system.getHealth().catch(error => error);
  return {
    price: changed.price,
    tag: lastResponse(changed)?.headers.get('ETag'),
    refused: refused instanceof PreconditionFailed && [refused.status, refused.code, refused.requestId],
    pages,
    aborted: aborted.message,
    blocked: blocked instanceof TransportError,
  };
}

globalThis.visit = visit;
