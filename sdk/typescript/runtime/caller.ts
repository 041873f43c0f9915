// The caller sends what is asked for, with a token that is renewed once for all, and again where that is worth it.

import { type Client as Http, createClient, createConfig } from '../generated/client/index.js';
import { ApiError, ClientError, RequestTimeout, TransportError, UnreadableAnswer, classOf } from './errors.js';
import { type Asked, type Operation, type Outcome, documents, isRepeatable, withKey } from './operation.js';
import { contentWith } from './pointer.js';
import { remember } from './responses.js';
import { retrying } from './retries.js';
import { MemoryTokens, type TokenStore, readTokens } from './tokens.js';

export type ClientOptions = {
  /** An access token, for a client that does not sign in. */
  token?: string;
  /**
   * Where tokens are kept; without it, in memory. What signs in puts them there, and what signs out takes them away.
   */
  tokens?: TokenStore;
  /** The milliseconds that one request may take; by default 10,000. */
  timeout?: number;
  /** How often a request is sent again after 429, 502, 503, 504 or no answer, where that is safe; by default 3. */
  retries?: number;
  /** The longest Retry-After, in seconds, that is waited out; by default 60. After a longer one the error is thrown. */
  longestWait?: number;
  /** What sends requests, in place of the global `fetch`. */
  fetch?: typeof fetch;
};

export type CallOptions = {
  /** Ends the call when it is aborted: the promise is rejected with its reason. */
  signal?: AbortSignal;
  timeout?: number;
  retries?: number;
};

/** What a document says of the whole service. */
export type Service = {
  tokenField: string;
  tokenPrefix: string;
  requestIdField: string;
  refreshing?: { operation: Operation; pointer: string };
};

export class Caller {
  readonly #service: Service;
  readonly #options: Required<Pick<ClientOptions, 'timeout' | 'retries' | 'longestWait'>>;
  readonly #tokens: TokenStore;
  readonly #http: Http;
  #renewing: Promise<boolean> | undefined;

  constructor(service: Service, baseUrl: string, options: ClientOptions) {
    const { token, tokens } = options;
    if (token !== undefined && tokens) throw new TypeError('give a token or a store of tokens, not both');
    this.#service = service;
    this.#options = { timeout: 10_000, retries: 3, longestWait: 60, ...options };
    this.#tokens = tokens ?? new MemoryTokens(token === undefined ? undefined : { access: token });
    this.#http = createClient(createConfig({
      baseUrl: absolute(baseUrl),
      ...(options.fetch ? { fetch: options.fetch } : {}),
    }));
  }

  /** Sends a request and returns its content. */
  async call<Content>(operation: Operation, asked: Asked, options: CallOptions = {}): Promise<Content> {
    return (await this.ask<Content>(operation, asked, options)).content;
  }

  /** Sends a request, and again where that is worth it; returns its content and the answer. */
  ask<Content>(
    operation: Operation, asked: Asked, options: CallOptions = {},
  ): Promise<{ content: Content; response: Response }> {
    const ready = withKey(operation, asked);
    const retries = {
      times: options.retries ?? this.#options.retries,
      longestWait: this.#options.longestWait,
      isRepeatable: isRepeatable(operation, ready),
      hasKey: operation.key !== '',
      signal: options.signal,
    };
    return retrying(async () => {
      const response = await this.#withToken(operation, ready, options);
      return { content: response.content as Content, response: response.response };
    }, retries);
  }

  async #withToken(operation: Operation, asked: Asked, options: CallOptions) {
    const used = operation.sendsToken ? (await this.#tokens.load())?.access : undefined;
    try {
      return await this.#send(operation, asked, options, used);
    } catch (error) {
      const mayRenew = error instanceof ApiError && error.status === 401 && used !== undefined;
      if (!mayRenew || !await this.#renew(used)) throw error;
      return this.#send(operation, asked, options, (await this.#tokens.load())?.access);
    }
  }

  /** Renews a token once, however many calls it failed; returns whether there is another one now. */
  #renew(used: string): Promise<boolean> {
    this.#renewing ??= this.#exchange(used).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #exchange(used: string): Promise<boolean> {
    const tokens = await this.#tokens.load();
    if (tokens && tokens.access !== used) return true;
    const refreshing = this.#service.refreshing;
    if (!tokens?.refresh || !refreshing) return false;
    try {
      await this.call(refreshing.operation, { body: contentWith(refreshing.pointer, tokens.refresh) });
      return true;
    } catch (error) {
      const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (!isRefused) throw error;
      await this.#tokens.save(undefined);
      return false;
    }
  }

  async #send(operation: Operation, asked: Asked, options: CallOptions, token: string | undefined) {
    const timeout = AbortSignal.timeout(options.timeout ?? this.#options.timeout);
    const headers = token === undefined ? asked.headers : {
      ...asked.headers, [this.#service.tokenField]: `${this.#service.tokenPrefix}${token}`,
    };
    const outcome = await operation.send({
      client: this.#http,
      ...asked,
      headers,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      ...(operation.isJson ? { parseAs: 'json' } : {}),
    });
    return this.#read(operation, outcome, timeout);
  }

  async #read(operation: Operation, outcome: Outcome, timeout: AbortSignal) {
    const what = `${operation.method} ${operation.path}`;
    const { response, error, data } = outcome;
    if (!response || (error !== undefined && timeout.aborted)) throw this.#untransported(what, error, timeout);
    if (!documents(operation, response.status)) {
      throw new (classOf(response.status))(response, error ?? data, what, this.#service.requestIdField);
    }
    if (error instanceof SyntaxError) throw new UnreadableAnswer(response, what, { cause: error });
    if (error !== undefined) throw this.#untransported(what, error, timeout);
    if (operation.tokens) await this.#tokens.save(readTokens(operation.tokens, data, await this.#tokens.load()));
    if (operation.signsOut) await this.#tokens.save(undefined);
    const content = response.status === 204 ? undefined : data;
    remember(content, response);
    return { content, response };
  }

  #untransported(what: string, cause: unknown, timeout: AbortSignal): ClientError {
    if (timeout.aborted) return new RequestTimeout(`${what}: no answer in time`, { cause });
    return new TransportError(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Returns an address with a host: that of the page, where there is one and the address is only a path. */
function absolute(baseUrl: string): string {
  const page = 'location' in globalThis ? globalThis.location.href : undefined;
  const url = URL.canParse(baseUrl, page) ? new URL(baseUrl, page) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new TypeError(`baseUrl has to be absolute, such as https://example.org/api, and is '${baseUrl}'`);
  }
  return url.href.replace(/\/+$/, '');
}
