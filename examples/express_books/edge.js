/** What comes before routing: request ids, the path as it is read, sizes, and the content. */

import { randomBytes } from 'node:crypto';
import { Problem } from './problems.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;
// One router reads these otherwise than the next; here they lead nowhere.
const MISLEADING = /%2f|%5c|%3f|%23|%25|%7f|%[01][0-9a-f]/i;

/** Give each request an id, and read its path as one text. */
export function identify(request, response, next) {
  const asked = request.get('X-Request-Id') ?? '';
  response.locals.requestId = REQUEST_ID.test(asked) ? asked : randomBytes(8).toString('hex');
  response.set('X-Request-Id', response.locals.requestId);
  const [path, ...query] = withoutAuthority(request.url).split('?');
  response.locals.path = decoded(path);
  response.locals.query = query.join('?');
  // Express routes by this; what it cannot decode stays as it came, and leads nowhere.
  request.url = query.length > 0 ? `${response.locals.path}?${response.locals.query}` : response.locals.path;
  next();
}

/** Take the host from a target in absolute form (RFC 9112, section 3.2.2). */
function withoutAuthority(target) {
  const bare = target.replace(/^https?:\/\/[^/?]*/i, '');
  return bare.startsWith('/') ? bare : `/${bare}`;
}

function decoded(path) {
  if (MISLEADING.test(path)) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Refuse what is larger than the document says, and read the rest. */
export function readContent(sizes) {
  return async (request, response, next) => {
    refuseAmbiguity(request);
    if (request.originalUrl.length > sizes.target) throw new Problem('uri_too_long');
    if (sizeOfHeaders(request) > sizes.headers) throw new Problem('headers_too_large');
    response.locals.content = await contentOf(request, sizes.content);
    next();
  };
}

function sizeOfHeaders({ rawHeaders }) {
  // Each field has a colon, a space and the end of its line besides.
  return rawHeaders.reduce((size, text) => size + text.length, 0) + (rawHeaders.length / 2) * 4;
}

/** Node takes the first of two Host fields, where RFC 9112, section 3.2, has the request refused. */
function refuseAmbiguity(request) {
  if (request.headersDistinct.host?.length > 1) {
    throw new Problem('invalid_parameter', { detail: 'Send one Host field.' });
  }
}

function contentOf(request, most) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = Number(request.get('Content-Length') ?? 0);
    if (size > most) {
      reject(new Problem('content_too_large'));
      return;
    }
    size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size <= most) {
        chunks.push(chunk);
      } else {
        // What still comes is read and forgotten: a client that is writing would not see an answer before.
        chunks.length = 0;
        reject(new Problem('content_too_large'));
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
  });
}
