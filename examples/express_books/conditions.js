/** ETags, and the requests that depend on them (RFC 9110, section 13). */

import { createHash } from 'node:crypto';
import { Problem } from './problems.js';

const TAG = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const TAGS = new RegExp(`^[ \\t,]*${TAG}(?:[ \\t]*,[ \\t,]*${TAG})*[ \\t,]*$`);
const LONGEST = 256;

/** The strong ETag of a representation, which is what an answer shows of an object, or its bytes. */
export function tagOf(representation) {
  const bytes = Buffer.isBuffer(representation) ? representation : Buffer.from(JSON.stringify(representation));
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
}

/** Tell whether If-None-Match names a tag, which it compares weakly. */
export function isCopy(condition, tag) {
  return condition.trim() === '*' || tagsIn(condition).some((each) => each.replace(/^W\//, '') === tag);
}

/** Throw a problem unless the If-Match of a request shows that the caller has seen what is there now. */
export function requireSeen(request, current) {
  const condition = request.get('If-Match');
  if (condition === undefined) throw new Problem('precondition_required');
  if (condition.trim() === '*') return;
  if (condition.length > LONGEST || !TAGS.test(condition)) throw new Problem('invalid_precondition');
  if (!tagsIn(condition).includes(tagOf(current))) throw new Problem('precondition_failed');
}

function tagsIn(condition) {
  return condition.match(new RegExp(TAG, 'g')) ?? [];
}
