/** What every success has in common: the headers that the document declares, and the caller's own copy. */

import { isCopy, tagOf } from './conditions.js';

/** Answer with a value as JSON, or say that the caller's copy of it is still good. */
export function answer(request, response, status, value) {
  const payload = Buffer.from(JSON.stringify(value));
  const { declared } = promise(response, status);
  if (declared.has('ETag')) response.set('ETag', tagOf(payload));
  const condition = request.get('If-None-Match');
  if (response.locals.operation.method === 'GET' && condition !== undefined && declared.has('ETag')) {
    if (isCopy(condition, response.get('ETag'))) {
      response.status(304).end();
      return;
    }
  }
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', payload.length);
  response.end(payload);
}

/** Answer that it is done. */
export function answerNothing(response) {
  promise(response, 204);
  response.end();
}

/** Set the headers that have only one value in the document. */
function promise(response, status) {
  const declared = response.locals.operation.headers.get(status);
  for (const [name, value] of declared) {
    if (value !== undefined) response.set(name, value);
  }
  response.status(status);
  return { declared };
}
