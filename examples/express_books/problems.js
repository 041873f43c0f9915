/** Every error that this service answers (RFC 9457). */

import { STATUS_CODES } from 'node:http';

const CHALLENGE = 'Bearer realm="bookplate"';
const MOST_FAULTS = 20;
// Where Node still has the phrases of older standards.
const RENAMED = { 413: 'Content Too Large', 414: 'URI Too Long', 422: 'Unprocessable Content' };
const KINDS = {
  invalid_parameter: [400, 'The request has a parameter that cannot be read: see errors.'],
  invalid_cursor: [400, 'The cursor was not made for this walk: send next_cursor as it came, with its filters.'],
  malformed_content: [400, 'The content is no JSON text in UTF-8, or holds a member twice, NUL or a lone surrogate.'],
  invalid_precondition: [400, 'If-Match must be an ETag as it was received, with its quotes.'],
  missing_token: [401, 'Send an access token: Authorization: Bearer TOKEN.'],
  invalid_token: [401, 'The access token is malformed, expired or ended: refresh it, or log in.'],
  invalid_credentials: [401, 'There is no account with this email and password.'],
  invalid_refresh_token: [401, 'The refresh token is unknown, spent or expired: log in.'],
  forbidden: [403, 'This caller may not do this.'],
  not_found: [404, 'There is nothing at this address.'],
  method_not_allowed: [405, 'This path does not take this method: see Allow.'],
  conflict: [409, 'A value that must be unique is taken.'],
  precondition_failed: [412, 'The object has changed: read it again and repeat with its new ETag.'],
  content_too_large: [413, 'The content is larger than this service reads.'],
  uri_too_long: [414, 'The request target is longer than this service reads.'],
  unsupported_media_type: [415, 'The content has a type that this operation does not take.'],
  invalid_content: [422, 'The content breaks its schema or a rule: see errors.'],
  idempotency_key_reused: [422, 'This Idempotency-Key was used with other content: take a new key.'],
  precondition_required: [428, 'Send If-Match with the ETag that you saw last.'],
  rate_limited: [429, 'A limit is reached: wait as Retry-After says.'],
  headers_too_large: [431, 'The header section is larger than this service reads.'],
  internal_error: [500, 'Something went wrong here; the log knows it by the request id.'],
  unavailable: [503, 'The service cannot answer now: try again as Retry-After says.'],
};

/** An error by its code; `faults` say where, with JSON pointers, and what. */
export class Problem extends Error {
  constructor(code, { detail, faults = [], headers = {} } = {}) {
    const [status, told] = KINDS[code];
    super(detail ?? told);
    this.status = status;
    this.code = code;
    this.faults = faults.slice(0, MOST_FAULTS);
    this.headers = { ...headers };
    if (status === 401) {
      this.headers['WWW-Authenticate'] = code === 'invalid_token' ? `${CHALLENGE}, error="invalid_token"` : CHALLENGE;
    }
  }
}

/** Describe one mistake. */
export function fault(pointer, code, detail) {
  return { pointer: [...pointer].slice(0, 300).join(''), code, detail: [...detail].slice(0, 300).join('') };
}

/** Write a JSON pointer (RFC 6901, section 3). */
export function pointerTo(...parts) {
  return parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The last middleware: whatever is thrown before it becomes a problem. */
export function answerProblem(error, request, response, next) {
  if (response.headersSent) {
    next(error);
    return;
  }
  const problem = asProblem(error);
  const { requestId } = response.locals;
  if (problem !== error) console.error(`request ${requestId}:`, error);
  const content = {
    type: 'about:blank',
    title: RENAMED[problem.status] ?? STATUS_CODES[problem.status],
    status: problem.status,
    detail: problem.message.slice(0, 500),
    code: problem.code,
    request_id: requestId,
  };
  if (problem.faults.length > 0) content.errors = problem.faults;
  if (problem.code === 'rate_limited') content.retry_after = Number(problem.headers['Retry-After']);
  const payload = Buffer.from(JSON.stringify(content));
  response.status(problem.status);
  response.set({ 'Cache-Control': 'no-store', ...problem.headers, 'Content-Length': String(payload.length) });
  response.setHeader('Content-Type', 'application/problem+json');
  response.end(payload);
}

function asProblem(error) {
  if (error instanceof Problem) return error;
  // What better-sqlite3 throws where the file is locked, full, or gone; the store has told conflicts by itself.
  if (error.code?.startsWith('SQLITE_')) return new Problem('unavailable', { headers: { 'Retry-After': '5' } });
  return new Problem('internal_error');
}
