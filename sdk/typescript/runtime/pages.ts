// Pages: a list is walked over, and each page is asked for when the walk comes to it.

import type { CallOptions, Caller } from './caller.js';
import type { Asked, Operation } from './operation.js';
import { lookUp } from './pointer.js';

/**
 * How the pages of a list hang together, as `x-pagination` says it.
 *
 * `parameter` is what a page is asked for with, and `first` its value for the first page. All others are pointers, or
 * header:FIELD, empty where the document names none.
 */
export type Paging = {
  style: 'page' | 'offset' | 'cursor';
  parameter: string;
  first: number;
  size: string;
  items: string;
  next: string;
  more: string;
  total: string;
};

/** The items of a list, over all its pages; `pages()` has the pages themselves. */
export class Pages<Item, Content> implements AsyncIterable<Item> {
  constructor(
    private readonly caller: Caller,
    private readonly operation: Operation,
    private readonly asked: Asked,
    private readonly paging: Paging,
    private readonly options: CallOptions,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) yield* itemsOf<Item>(this.paging, page);
  }

  /** Yields each page, beginning with the one that was asked for. */
  async *pages(): AsyncGenerator<Content, void, undefined> {
    let query = this.asked.query;
    for (;;) {
      const asked = { ...this.asked, query };
      const { content, response } = await this.caller.ask<Content>(this.operation, asked, this.options);
      const value = following(this.paging, query ?? {}, content, response);
      yield content;
      if (value === undefined) return;
      query = { ...query, [this.paging.parameter]: value };
    }
  }
}

function itemsOf<Item>(paging: Paging, content: unknown): Item[] {
  const items = lookUp(content, paging.items);
  return Array.isArray(items) ? items : [];
}

/** Returns what the page after this one is asked for with; undefined at the end. */
function following(paging: Paging, query: Record<string, unknown>, content: unknown, response: Response): unknown {
  if (paging.more && !find(paging.more, content, response)) return undefined;
  const items = itemsOf(paging, content);
  if (paging.style === 'cursor') return cursor(paging, items, content, response);
  if (items.length === 0 || (paging.next && !find(paging.next, content, response))) return undefined;
  const after = Number(query[paging.parameter] ?? paging.first) + (paging.style === 'offset' ? items.length : 1);
  return isLast(paging, query, items.length, after, content, response) ? undefined : after;
}

/** Tells whether the sizes say that no page follows; one that is empty says it elsewhere. */
function isLast(
  paging: Paging, query: Record<string, unknown>, count: number, after: number, content: unknown, response: Response,
): boolean {
  if (paging.next) return false;
  const total = Number(paging.total ? find(paging.total, content, response) : undefined);
  if (paging.style === 'offset' && !Number.isNaN(total)) return after >= total;
  const size = Number(query[paging.size]);
  return !Number.isNaN(size) && count < size;
}

function cursor(paging: Paging, items: unknown[], content: unknown, response: Response): unknown {
  if (paging.next.startsWith('item:')) return lookUp(items.at(-1), paging.next.slice('item:'.length));
  const value = find(paging.next, content, response);
  const named = typeof value === 'string' ? new URLSearchParams(value.split('?')[1] ?? '').get(paging.parameter) : null;
  return named ?? (value || undefined);
}

function find(place: string, content: unknown, response: Response): unknown {
  if (!place.startsWith('header:')) return lookUp(content, place);
  const name = place.slice('header:'.length);
  const text = response.headers.get(name);
  if (text === null || text === '' || text === 'false') return undefined;
  return name.toLowerCase() === 'link' ? /<([^>]*)>\s*;[^,]*\brel="?next\b/.exec(text)?.[1] : text;
}
