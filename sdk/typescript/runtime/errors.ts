// Errors: an answer that is no success, an answer that cannot be read, and no answer at all.

/** Whatever a call can end with, but for the reason of a signal that was aborted. */
export class ClientError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No answer came: the address is wrong, the connection broke, or the page may not ask this service. */
export class TransportError extends ClientError {}

/** No answer came in time. Whether the service has done what it was asked is not known. */
export class RequestTimeout extends TransportError {}

/** A success whose content cannot be read. */
export class UnreadableAnswer extends ClientError {
  constructor(readonly response: Response, what: string, options?: ErrorOptions) {
    super(`${what}: ${response.status}, but its content cannot be read`, options);
  }
}

/** A fault of a request: where it is, and what is wrong. */
export type Fault = { pointer?: string; code?: string; detail?: string };

/**
 * The service answered, and it is no success.
 *
 * `problem` is the content as it came (RFC 9457). `code` and `errors` are those members of it: what is wrong, for
 * programs, and each fault. `requestId` is what the service calls the request, and `retryAfter` the seconds after which
 * it is worth repeating. Each is undefined, or empty, where the answer does not say it.
 */
export class ApiError extends ClientError {
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;
  readonly code: string | undefined;
  readonly errors: readonly Fault[];
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;

  constructor(readonly response: Response, content: unknown, what: string, requestIdField: string) {
    const problem = isObject(content) ? content : {};
    const requestId = response.headers.get(requestIdField) ?? undefined;
    const code = typeof problem['code'] === 'string' ? problem['code'] : undefined;
    const said = problem['detail'] ?? problem['title'] ?? response.statusText;
    const named = [response.status, code].filter(Boolean).join(' ');
    super(`${what}: ${named}: ${said}${requestId ? ` (request ${requestId})` : ''}`);
    this.status = response.status;
    this.problem = problem;
    this.code = code;
    this.errors = Array.isArray(problem['errors']) ? problem['errors'] : [];
    this.requestId = requestId;
    this.retryAfter = seconds(response.headers.get('Retry-After'));
  }
}

/** 304: the copy that `ifNoneMatch` names is current. */
export class NotModified extends ApiError {}
/** 400 */
export class BadRequest extends ApiError {}
/** 401 */
export class Unauthorized extends ApiError {}
/** 403 */
export class Forbidden extends ApiError {}
/** 404 */
export class NotFound extends ApiError {}
/** 409 */
export class Conflict extends ApiError {}
/** 412: the object has changed since it was read. Read it again and decide anew. */
export class PreconditionFailed extends ApiError {}
/** 422 */
export class UnprocessableContent extends ApiError {}
/** 428 */
export class PreconditionRequired extends ApiError {}
/** 429, after all retries, or with a longer `retryAfter` than the client waits. */
export class RateLimited extends ApiError {}
/** 500 and all above. */
export class ServerError extends ApiError {}
/** A success or a redirect that the contract does not know. */
export class UnexpectedStatus extends ApiError {}

const byStatus = new Map<number, typeof ApiError>([
  [304, NotModified], [400, BadRequest], [401, Unauthorized], [403, Forbidden], [404, NotFound], [409, Conflict],
  [412, PreconditionFailed], [422, UnprocessableContent], [428, PreconditionRequired], [429, RateLimited],
]);

/** Returns the class of an error; an unknown status from 400 on is one of its hundred. */
export function classOf(status: number): typeof ApiError {
  const ofHundred = status >= 500 ? ServerError : status >= 400 ? ApiError : UnexpectedStatus;
  return byStatus.get(status) ?? ofHundred;
}

function isObject(content: unknown): content is Record<string, unknown> {
  return typeof content === 'object' && content !== null && !Array.isArray(content);
}

/** Returns what Retry-After says in seconds: a number, or a date (RFC 9110, section 10.2.3). */
function seconds(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d+$/.test(text.trim())) return Number(text);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
