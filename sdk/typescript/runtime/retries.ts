// Retries: which failures are worth another try, and when. p-retry does the rest, and its backoff is the jitter.

import pRetry from 'p-retry';
import { ApiError, TransportError } from './errors.js';

const retried = new Set([429, 502, 503, 504]);

export type Retries = {
  times: number;
  longestWait: number;
  /** Whether the second request changes nothing, or is known as the second by its idempotency key. */
  isRepeatable: boolean;
  hasKey: boolean;
  signal: AbortSignal | undefined;
};

/**
 * Calls until there is an answer, or no use in another try.
 *
 * A refusal by a limit has done nothing, so that every request may be repeated. All else is repeated only where that is
 * safe.
 */
export function retrying<Answer>(call: () => Promise<Answer>, retries: Retries): Promise<Answer> {
  let wasLost = false;

  function isWorthIt(error: Error): boolean {
    if (error instanceof TransportError) {
      wasLost = true;
      return retries.isRepeatable;
    }
    if (!(error instanceof ApiError)) return false;
    // The first request, whose answer was lost, may still be at work under the same key.
    if (error.status === 409) return wasLost && retries.hasKey;
    if (!retried.has(error.status) || !(retries.isRepeatable || error.status === 429)) return false;
    return (error.retryAfter ?? 0) <= retries.longestWait;
  }

  return pRetry(call, {
    retries: retries.times,
    minTimeout: 200,
    maxTimeout: 8000,
    randomize: true,
    ...(retries.signal ? { signal: retries.signal } : {}),
    shouldRetry: async ({ error }) => {
      if (!isWorthIt(error)) return false;
      await pause(error instanceof ApiError ? error.retryAfter ?? 0 : 0, retries.signal);
      return true;
    },
  });
}

function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, seconds * 1000);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
