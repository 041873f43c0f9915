/** One effect per Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07). */

import { createHash } from 'node:crypto';
import { Problem } from './problems.js';

const KEPT_FOR = 24 * 3600 * 1000;

/**
 * The answer, and whether it was given before; without a key it never was.
 *
 * It is called in a transaction, which is one step: a request that repeats another never meets it in flight.
 */
export function once(keptAnswers, userId, key, content, make) {
  if (key === undefined) return { answer: make(), isReplay: false };
  const sent = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const kept = keptAnswers.find(userId, key);
  if (kept && kept.sent !== sent) throw new Problem('idempotency_key_reused');
  if (kept) return { answer: JSON.parse(kept.answer), isReplay: true };
  const answer = make();
  keptAnswers.keep(userId, key, sent, JSON.stringify(answer), Date.now() + KEPT_FOR);
  return { answer, isReplay: false };
}
