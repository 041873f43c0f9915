// Operations: what the document says of a request that its content does not say.

import type { TokenPlaces } from './tokens.js';

/** What a function of the generator ends with. */
export type Outcome = { data?: unknown; error?: unknown; request?: Request; response?: Response };

export type Operation = {
  name: string;
  method: string;
  path: string;
  /** The function of the generator, which writes the request and reads the answer. */
  send: (options: any) => Promise<Outcome>;
  /** Its documented successes; 2XX stands for all of them. */
  answers: readonly string[];
  isJson: boolean;
  sendsToken: boolean;
  /** The field of its idempotency key; empty where it has none. */
  key: string;
  tokens?: TokenPlaces;
  signsOut?: boolean;
};

export type Asked = {
  path?: Record<string, unknown>;
  query?: Record<string, unknown> | undefined;
  body?: unknown;
  headers?: Record<string, string | undefined>;
};

// The second of these changes nothing (RFC 9110, section 9.2.2).
const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

export function documents(operation: Operation, status: number): boolean {
  return operation.answers.includes(String(status)) || operation.answers.includes(`${Math.floor(status / 100)}XX`);
}

/** Returns a request with its idempotency key. It is made once for all retries: they are one request. */
export function withKey(operation: Operation, asked: Asked): Asked {
  if (!operation.key || asked.headers?.[operation.key]) return asked;
  return { ...asked, headers: { ...asked.headers, [operation.key]: randomName() } };
}

/**
 * Tells whether a request may be sent again when nobody knows whether it was done.
 *
 * With If-Match it may not: what the first request did would make the second one fail.
 */
export function isRepeatable(operation: Operation, asked: Asked): boolean {
  return (idempotent.has(operation.method) && !asked.headers?.['If-Match']) || operation.key !== '';
}

/** Returns a random name. `crypto.randomUUID` is missing on pages that came without TLS. */
function randomName(): string {
  if ('randomUUID' in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
