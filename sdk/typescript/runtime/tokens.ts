// Tokens: what a session is kept in between two calls.

import { lookUp } from './pointer.js';

/** An access token, what renews it, and when it expires, in milliseconds since 1970. */
export type TokenPair = { access: string; refresh?: string | undefined; expiresAt?: number | undefined };

/** Where a client keeps its tokens: a database, or the storage of a browser. `load` is asked before each request. */
export interface TokenStore {
  load(): TokenPair | undefined | Promise<TokenPair | undefined>;
  /** Keeps the tokens; undefined ends the session. */
  save(tokens: TokenPair | undefined): void | Promise<void>;
}

/** Keeps tokens as long as the page, or the process, lives. */
export class MemoryTokens implements TokenStore {
  #tokens: TokenPair | undefined;

  constructor(tokens?: TokenPair) {
    this.#tokens = tokens;
  }

  load(): TokenPair | undefined {
    return this.#tokens;
  }

  save(tokens: TokenPair | undefined): void {
    this.#tokens = tokens;
  }
}

/** JSON pointers into an answer with tokens; empty where it has no such member. */
export type TokenPlaces = { access: string; refresh: string; expiresIn: string };

/** Returns the tokens of an answer; one without a refresh token leaves that of before as it is. */
export function readTokens(places: TokenPlaces, content: unknown, before: TokenPair | undefined): TokenPair {
  const refresh = places.refresh ? lookUp(content, places.refresh) : undefined;
  const lasts = places.expiresIn ? lookUp(content, places.expiresIn) : undefined;
  return {
    access: String(lookUp(content, places.access)),
    refresh: typeof refresh === 'string' ? refresh : before?.refresh,
    expiresAt: typeof lasts === 'number' ? Date.now() + lasts * 1000 : undefined,
  };
}
