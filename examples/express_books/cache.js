/** The service's own cache: nothing kept before a write is found after it. */

const MOST_ANSWERS = 2000;

/** The answers of one process. */
export class Cache {
  #answers = new Map();

  /** Forget everything. */
  clear() {
    this.#answers.clear();
  }

  /**
   * Make what a request asks for, or find it, and tell in Cache-Status where it came from (RFC 9211).
   *
   * The store answers at once, so that no write can come between reading and keeping.
   */
  find(request, response, make) {
    const { locals } = response;
    if (locals.caller && isBypass(request, locals.parameters)) {
      const made = make();
      response.set('Cache-Status', 'bookplate; fwd=request');
      return made;
    }
    const key = JSON.stringify([locals.path, locals.queryPairs.filter(([name]) => name !== 'nocache')]);
    const found = this.#answers.get(key);
    if (found && found.ends > Date.now()) {
      response.set('Cache-Status', 'bookplate; hit');
      return found.made;
    }
    const made = make();
    response.set('Cache-Status', 'bookplate; fwd=uri-miss');
    if (this.#answers.size >= MOST_ANSWERS) this.clear();
    this.#answers.set(key, { made, ends: Date.now() + locals.operation.secondsInCache * 1000 });
    return made;
  }
}

function isBypass(request, { nocache }) {
  return nocache === true || /no-cache/i.test(request.get('Cache-Control') ?? '');
}
