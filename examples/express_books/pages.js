/** Pages, their links, and cursors. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { Problem, fault } from './problems.js';
import { keyFor } from './tokens.js';

/** Make a page of a list that tells its `total()` and the `rows(limit, offset)` of a part of it. */
export function pageOf({ total, rows }, { path, queryPairs, parameters }, view) {
  const { page, per_page: perPage } = parameters;
  const totalItems = total();
  const totalPages = Math.ceil(totalItems / perPage);
  const last = Math.max(1, totalPages);
  const next = page < last ? page + 1 : null;
  const prev = page > 1 ? Math.min(page - 1, last) : null;
  const kept = Object.fromEntries(queryPairs.filter(([name]) => name !== 'nocache'));
  const linkTo = (number) =>
    number === null ? null : `${path}?${new URLSearchParams({ ...kept, page: number, per_page: perPage })}`;
  return {
    items: rows(perPage, (page - 1) * perPage).map(view),
    pagination: {
      page,
      per_page: perPage,
      total_items: totalItems,
      total_pages: totalPages,
      has_next: next !== null,
      has_prev: prev !== null,
      next_page: next,
      prev_page: prev,
    },
    links: { self: linkTo(page), first: linkTo(1), last: linkTo(last), next: linkTo(next), prev: linkTo(prev) },
  };
}

/** Say the links of a page in its Link field too (RFC 8288). */
export function announceLinks(response, page) {
  const links = Object.entries(page.links).filter(([, link]) => link !== null);
  response.set('Link', links.map(([name, link]) => `<${link}>; rel="${name}"`).join(', '));
}

/** Signs where a walk goes on; a cursor is good for the walk that it was made for. */
export class Cursors {
  #key;

  constructor(secret) {
    this.#key = keyFor('cursors', secret);
  }

  /** The cursor that goes on behind an item. */
  write(walk, lastId) {
    const signature = createHmac('sha256', this.#key).update(JSON.stringify([walk, lastId])).digest('base64url');
    return `${lastId}.${signature}`;
  }

  /** The id of the item that a cursor goes on behind. */
  read(walk, cursor) {
    const [id] = cursor.split('.');
    if (!/^[1-9][0-9]{0,14}$/.test(id) || !isEqual(cursor, this.write(walk, Number(id)))) {
      const { code, message } = new Problem('invalid_cursor');
      throw new Problem(code, { faults: [fault('/query/cursor', code, message)] });
    }
    return Number(id);
  }
}

function isEqual(given, wanted) {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}
