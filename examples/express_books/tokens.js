/** Access tokens (RFC 9068), read with the suspicion of RFC 8725. */

import { createHmac, randomBytes } from 'node:crypto';
import { SignJWT, decodeProtectedHeader, jwtVerify } from 'jose';
import { Problem } from './problems.js';

const US = 'bookplate';
const HEADER = { alg: 'HS256', typ: 'at+jwt' };
const CLAIMS = ['iss', 'aud', 'client_id', 'sub', 'sid', 'jti', 'iat', 'nbf', 'exp'];
const LONGEST = 2048;
const SHAPE = /^(?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]{43}$/;

/** A key of its own for each use of the one secret. */
export function keyFor(use, secret) {
  return createHmac('sha256', secret).update(use).digest();
}

/** The mint of one service. */
export class AccessTokens {
  #key;

  constructor(contract, secret) {
    this.lifetime = contract.schema('Tokens', 'expires_in').maximum;
    this.#key = keyFor('access tokens', secret);
  }

  /** Sign a token for a session. */
  mint(userId, sessionId) {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ client_id: US, sid: sessionId })
      .setProtectedHeader(HEADER)
      .setIssuer(US)
      .setAudience(US)
      .setSubject(String(userId))
      .setJti(randomBytes(12).toString('base64url'))
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(now + this.lifetime)
      .sign(this.#key);
  }

  /** What a token says; whatever is wrong with it is the same problem. */
  async verify(token) {
    if (token.length > LONGEST || !SHAPE.test(token) || !isCanonical(token)) throw new Problem('invalid_token');
    try {
      const expected = { issuer: US, audience: US, typ: HEADER.typ, algorithms: [HEADER.alg], requiredClaims: CLAIMS };
      // The age makes jose look at `iat` too.
      const { payload } = await jwtVerify(token, this.#key, { ...expected, maxTokenAge: this.lifetime });
      return this.#read(payload);
    } catch {
      throw new Problem('invalid_token');
    }
  }

  #read({ aud, sub, sid, iat, nbf, exp }) {
    const isWhole = [sid, iat, nbf, exp].every(Number.isSafeInteger);
    if (!isWhole || aud !== US || exp - iat > this.lifetime || !/^[1-9][0-9]{0,14}$/.test(sub)) {
      throw new TypeError('claims that this service never writes');
    }
    return { userId: Number(sub), sessionId: sid };
  }
}

/** Of the spellings of one signature in base64url only one is good, and the header holds what ours hold. */
function isCanonical(token) {
  const signature = token.slice(token.lastIndexOf('.') + 1);
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return false;
  try {
    return Object.keys(decodeProtectedHeader(token)).sort().join() === 'alg,typ';
  } catch {
    return false;
  }
}

/** Take the token from the Authorization fields (RFC 6750, section 2.1); undefined, if there are none. */
export function bearerToken(request) {
  const fields = request.headersDistinct.authorization ?? [];
  if (fields.length === 0) return undefined;
  const [, scheme, token] = /^([^ ]*) ?(.*)$/s.exec(fields[0]);
  if (scheme.toLowerCase() !== 'bearer') throw new Problem('missing_token');
  if (fields.length > 1) throw new Problem('invalid_token');
  return token;
}
