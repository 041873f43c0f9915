/**
 * Fixed windows in memory, announced as draft-ietf-httpapi-ratelimit-headers-11 writes them.
 *
 * Packages such as express-rate-limit have one limit with one window for each middleware, and count what they refuse.
 * The document has several policies for a request, and a refusal costs nothing of the policy that refused.
 */

import { createHash } from 'node:crypto';
import { Problem } from './problems.js';

const SWEEP_AT = 10_000;

/** The counters of one process. */
export class Limits {
  #windows = new Map();
  #sweepAt = SWEEP_AT;

  /** Count a request and announce what is left; throw a problem where a bucket is empty. */
  spend(buckets, response) {
    // One moment for all: else what is announced and what is refused could differ by a second.
    const now = Date.now();
    const refusing = buckets.filter((bucket) => !this.#take(bucket, now));
    this.#announce(buckets, response, now);
    if (refusing.length === 0) return;
    const seconds = Math.max(...refusing.map((bucket) => this.#secondsLeft(bucket, now)));
    const names = refusing.map((bucket) => bucket.policy.name).join(' and ');
    const detail = `The limit ${names} is reached: wait ${seconds} seconds.`;
    throw new Problem('rate_limited', { detail, headers: { 'Retry-After': String(seconds) } });
  }

  /** Return a request that was not to be counted after all. */
  giveBack(buckets, response) {
    const now = Date.now();
    for (const bucket of buckets) {
      const window = this.#windowOf(bucket, now);
      window.count = Math.max(0, window.count - 1);
    }
    this.#announce(buckets, response, now);
  }

  #take(bucket, now) {
    const window = this.#windowOf(bucket, now);
    if (window.count >= bucket.quota) return false;
    window.count += 1;
    return true;
  }

  /** The window that is open now; the first request of a caller opens one. */
  #windowOf({ policy, who }, now) {
    const key = `${policy.name} ${who}`;
    const found = this.#windows.get(key);
    if (found && found.ends > now) return found;
    this.#sweep(now);
    const window = { count: 0, ends: now + policy.window * 1000 };
    this.#windows.set(key, window);
    return window;
  }

  #sweep(now) {
    if (this.#windows.size < this.#sweepAt) return;
    for (const [key, window] of this.#windows) {
      if (window.ends <= now) this.#windows.delete(key);
    }
    // Windows that have not ended stay: without this each request would look at all of them again.
    this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#windows.size);
  }

  #secondsLeft(bucket, now) {
    const seconds = Math.ceil((this.#windowOf(bucket, now).ends - now) / 1000);
    return Math.min(Math.max(1, seconds), bucket.policy.window);
  }

  #announce(buckets, response, now) {
    const announced = (response.locals.limits ??= new Map());
    for (const bucket of buckets) {
      const { name, window } = bucket.policy;
      const left = Math.max(0, bucket.quota - this.#windowOf(bucket, now).count);
      const policy = `"${name}";q=${bucket.quota};w=${window}`;
      announced.set(name, { policy, limit: `"${name}";r=${left};t=${this.#secondsLeft(bucket, now)}` });
    }
    if (announced.size === 0) return;
    const all = [...announced.values()];
    response.set('RateLimit-Policy', all.map((each) => each.policy).join(', '));
    response.set('RateLimit', all.map((each) => each.limit).join(', '));
  }
}

/** The buckets that a request spends, whatever its content is: a policy, who is counted, and what a window admits. */
export function bucketsOf(policies, request, userId, tier) {
  const address = `address ${request.ip}`;
  const who = { address, principal: userId === undefined ? address : `user ${userId}` };
  const counted = policies.filter((policy) => policy.by in who);
  return counted.map((policy) => ({ policy, who: who[policy.by], quota: policy.quota(tier) }));
}

/** The buckets that a value in the content has; values from outside are never kept as they are. */
export function bucketsOfValue(policies, value) {
  const who = createHash('sha256').update(value).digest('hex');
  const counted = policies.filter((policy) => policy.by === 'body');
  return counted.map((policy) => ({ policy, who, quota: policy.quota() }));
}
